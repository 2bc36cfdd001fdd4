from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeviceDataArray(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[DeviceData]
    def __init__(self, items: _Optional[_Iterable[_Union[DeviceData, _Mapping]]] = ...) -> None: ...

class DeviceData(_message.Message):
    __slots__ = ("device_id", "date_time", "values")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    DATE_TIME_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    device_id: bytes
    date_time: bytes
    values: _containers.RepeatedCompositeFieldContainer[DeviceValue]
    def __init__(self, device_id: _Optional[bytes] = ..., date_time: _Optional[bytes] = ..., values: _Optional[_Iterable[_Union[DeviceValue, _Mapping]]] = ...) -> None: ...

class DeviceValue(_message.Message):
    __slots__ = ("obis", "value")
    OBIS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    obis: bytes
    value: float
    def __init__(self, obis: _Optional[bytes] = ..., value: _Optional[float] = ...) -> None: ...

class Guid(_message.Message):
    __slots__ = ("lo", "hi")
    LO_FIELD_NUMBER: _ClassVar[int]
    HI_FIELD_NUMBER: _ClassVar[int]
    lo: int
    hi: int
    def __init__(self, lo: _Optional[int] = ..., hi: _Optional[int] = ...) -> None: ...

class DateTime(_message.Message):
    __slots__ = ("value", "scale", "kind")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    value: int
    scale: int
    kind: int
    def __init__(self, value: _Optional[int] = ..., scale: _Optional[int] = ..., kind: _Optional[int] = ...) -> None: ...

class Timestamp(_message.Message):
    __slots__ = ("seconds", "nanos")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    NANOS_FIELD_NUMBER: _ClassVar[int]
    seconds: int
    nanos: int
    def __init__(self, seconds: _Optional[int] = ..., nanos: _Optional[int] = ...) -> None: ...
