"""Idempotency-Key: one effect and one answer, also when calls meet."""

import threading
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Application, User
from accounts.signals import application_created
from config.lib.idempotency import IdempotentAnswer, forget_old_answers
from tests import factories
from tests.conftest import Client
from tests.problems import assert_problem

URL = "/api/v1/applications/"
KEY = {"Idempotency-Key": "key-1"}


def made(name: str = "Reader") -> int:
    return Application.objects.filter(name=name).count()


def test_same_call_twice_gives_the_same_answer_with_its_secret(alice: User, as_: Client) -> None:
    client = as_(alice)

    first, second = (client.post(URL, {"name": "Reader"}, headers=KEY) for _ in range(2))

    assert first.status_code == second.status_code == HTTPStatus.CREATED
    assert first.json() == second.json()
    assert first["ETag"] == second["ETag"]
    assert made() == 1


def test_answer_is_kept_sealed(alice: User, as_: Client) -> None:
    secret = as_(alice).post(URL, {"name": "Reader"}, headers=KEY).json()["client_secret"]

    assert secret.encode() not in bytes(IdempotentAnswer.objects.get().content)


def test_same_key_with_another_body_is_refused(alice: User, as_: Client) -> None:
    client = as_(alice)
    client.post(URL, {"name": "Reader"}, headers=KEY)

    answer = client.post(URL, {"name": "Writer"}, headers=KEY)

    assert_problem(answer, HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused")


def test_key_belongs_to_its_caller(alice: User, charlie: User, as_: Client) -> None:
    for user in (alice, charlie):
        as_(user).post(URL, {"name": "Reader"}, headers=KEY)

    assert made() == 2


def test_failed_call_is_not_remembered(alice: User, as_: Client) -> None:
    client = as_(alice)
    refused = client.post(URL, {"name": ""}, headers=KEY)

    answer = client.post(URL, {"name": "Reader"}, headers=KEY)

    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert answer.status_code == HTTPStatus.CREATED


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_key_that_cannot_be_kept_is_refused(alice: User, as_: Client, key: str) -> None:
    answer = as_(alice).post(URL, {"name": "Reader"}, headers={"Idempotency-Key": key})

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert made() == 0


def test_crash_leaves_neither_effect_nor_answer(alice: User, as_: Client) -> None:
    def crash(**kwargs: Any) -> None:
        raise RuntimeError("in the middle of it")

    application_created.connect(crash)
    try:
        answer = as_(alice).post(URL, {"name": "Reader"}, headers=KEY)
    finally:
        application_created.disconnect(crash)

    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert made() == 0
    assert not IdempotentAnswer.objects.exists()


def test_old_answers_are_forgotten(alice: User, as_: Client) -> None:
    as_(alice).post(URL, {"name": "Reader"}, headers=KEY)
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert forget_old_answers() == 1


@pytest.mark.django_db(transaction=True)
def test_call_is_refused_while_the_first_one_runs(alice: User) -> None:
    is_inside, may_end = threading.Event(), threading.Event()
    headers = {**KEY, "Authorization": f"Bearer {factories.make_token_for(alice)}"}
    client = APIClient(raise_request_exception=False)
    first: list[Any] = []

    def wait(**kwargs: Any) -> None:
        is_inside.set()
        may_end.wait(20)

    def call() -> None:
        first.append(client.post(URL, {"name": "Reader"}, headers=headers))
        connection.close()

    application_created.connect(wait)
    thread = threading.Thread(target=call)
    thread.start()
    is_inside.wait(20)
    application_created.disconnect(wait)
    answer = APIClient().post(URL, {"name": "Reader"}, headers=headers)
    may_end.set()
    thread.join(20)

    assert_problem(answer, HTTPStatus.CONFLICT, "idempotent-call-running")
    assert answer["Retry-After"] == "1"
    assert first[0].status_code == HTTPStatus.CREATED
    assert made() == 1
