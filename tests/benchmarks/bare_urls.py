"""The product's addresses and the bare view's."""

from django.urls import path

from config.urls import urlpatterns as product
from tests.benchmarks.bare import bare

urlpatterns = [path("bare", bare), *product]
