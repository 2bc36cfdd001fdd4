"""What a device says becomes readings in our words and units."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.smartme.mapping import CloudMeter, read_device, read_devices
from integrations.smartme.values import Unusable

FIXTURES = Path(__file__).parent / "fixtures"
NOON = "2026-08-02T12:00:00Z"
ID = "5b1f6c1e-2a70-4c57-9b0e-8d2f41c7a901"


def device(**members: Any) -> dict[str, Any]:
    """Return a 3-phase electricity meter with these members on top."""
    kinds = {"DeviceEnergyType": 1, "FamilyType": 12}
    return {"Id": ID, "Name": "Flat", "Serial": 1, "ValueDate": NOON, **kinds, **members}


def values_of(meter: CloudMeter) -> dict[str, float]:
    return {reading.point: reading.value for reading in meter.readings}


def codes_of(meter: CloudMeter) -> dict[str, str]:
    return {issue.member: issue.code for issue in meter.issues}


def captured() -> dict[str, CloudMeter]:
    meters, issues = read_devices(json.loads((FIXTURES / "devices.json").read_text()))
    assert issues == []
    return {meter.name: meter for meter in meters}


def test_captured_families_get_their_device_types() -> None:
    types = {name: meter.device_type for name, meter in captured().items()}

    assert types == {
        "Bilanz": "smartme-kamstrup",
        "Wohnung 2.1": "smartme-telstar",
        "Plug Server": "smartme-plug",
        "Warmwasser 2.1": "smartme-water-hot",
        "Pico P3": "smartme-pico",
    }


def test_captured_module_is_read_in_watts_and_kilowatt_hours() -> None:
    meter = captured()["Bilanz"]

    assert values_of(meter) == {
        "active_power": 12416.0,
        "active_energy_import": 40935.208,
        "active_energy_export": 723.656,
        "active_energy_net": 40211.552,
        "voltage": 231.0,
        "voltage_l1": 231.0,
        "voltage_l2": 230.0,
        "voltage_l3": 232.0,
        "current_l1": 18.42,
        "current_l2": 17.9,
        "current_l3": 17.35,
    }
    assert meter.value_time == datetime(2026, 8, 2, 10, 14, 41, 220773, tzinfo=UTC)


def test_net_counter_alone_is_never_taken_for_import() -> None:
    meter = read_device(device(CounterReading=-12.5, CounterReadingUnit="kWh"))

    assert values_of(meter) == {"active_energy_net": -12.5}


def test_power_given_back_is_negative() -> None:
    meter = read_device(device(ActivePower=-2.5, ActivePowerUnit="kW"))

    assert values_of(meter) == {"active_power": -2500.0}


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("Wh", 0.0015), ("kWh", 1.5), ("MWh", 1500.0), ("GWh", 1_500_000.0)],
)
def test_each_energy_unit_becomes_kilowatt_hours(unit: str, expected: float) -> None:
    meter = read_device(device(CounterReadingImport=1.5, CounterReadingUnit=unit))

    assert values_of(meter) == {"active_energy_import": expected}


@pytest.mark.parametrize(("unit", "expected"), [("W", 2.5), ("kW", 2500.0), ("MW", 2_500_000.0)])
def test_each_power_unit_becomes_watts(unit: str, expected: float) -> None:
    meter = read_device(device(ActivePower=2.5, ActivePowerUnit=unit))

    assert values_of(meter) == {"active_power": expected}


@pytest.mark.parametrize(
    ("unit", "expected"), [("m3", 250.0), ("m³", 250.0), ("l", 0.25), ("L", 0.25)]
)
def test_each_volume_unit_becomes_cubic_metres(unit: str, expected: float) -> None:
    water = device(DeviceEnergyType=2, CounterReading=250, CounterReadingUnit=unit)

    assert values_of(read_device(water)) == {"volume": expected}


@pytest.mark.parametrize(("unit", "expected"), [("m3/h", 30.0), ("m³/h", 30.0), ("l/h", 0.03)])
def test_power_member_of_a_gas_meter_is_a_flow_rate(unit: str, expected: float) -> None:
    gas = device(DeviceEnergyType=3, ActivePower=30, ActivePowerUnit=unit)

    assert values_of(read_device(gas)) == {"flow_rate": expected}


def test_own_flow_rate_wins_over_the_power_member() -> None:
    water = device(DeviceEnergyType=2, ActivePower=1, ActivePowerUnit="m3/h", FlowRate=2.0)

    assert values_of(read_device(water)) == {"flow_rate": 2.0}


def test_heat_and_cold_have_points_of_their_own() -> None:
    counter = {"CounterReading": 2, "CounterReadingUnit": "MWh"}

    heat = read_device(device(DeviceEnergyType=4, MeterSubType=2, FamilyType=0, **counter))
    cold = read_device(device(DeviceEnergyType=4, MeterSubType=1, FamilyType=0, **counter))

    assert (heat.device_type, values_of(heat)) == ("smartme-heat", {"heat_energy": 2000.0})
    assert (cold.device_type, values_of(cold)) == ("smartme-cold", {"cooling_energy": 2000.0})


def test_unknown_unit_costs_its_readings_only() -> None:
    meter = read_device(
        device(
            ActivePower=1, ActivePowerUnit="hp", CounterReadingImport=2, CounterReadingUnit="kWh"
        )
    )

    assert values_of(meter) == {"active_energy_import": 2.0}
    assert codes_of(meter) == {"ActivePower": "unit-unknown"}


def test_missing_unit_is_not_guessed() -> None:
    meter = read_device(device(ActivePower=1))

    assert (meter.readings, codes_of(meter)) == ((), {"ActivePower": "unit-missing"})


def test_unit_of_another_dimension_is_refused() -> None:
    meter = read_device(device(CounterReadingImport=1, CounterReadingUnit="m3"))

    assert (meter.readings, codes_of(meter)) == ((), {"CounterReadingImport": "unit-mismatch"})


def test_absent_and_null_values_are_never_zero() -> None:
    meter = read_device(device(ActivePower=None, ActivePowerUnit="kW", VoltageL1=None))

    assert (meter.readings, meter.issues) == ((), ())


@pytest.mark.parametrize("value", ["12", True, [], {}, float("nan"), float("inf"), 10**400])
def test_bad_number_costs_that_reading_only(value: Any) -> None:
    meter = read_device(device(VoltageL1=value, VoltageL2=230.0))

    assert values_of(meter) == {"voltage_l2": 230.0}
    assert set(codes_of(meter)) == {"VoltageL1"}


def test_switches_become_zero_and_one() -> None:
    meter = read_device(device(SwitchOn=True, DigitalOutput1=False, SwitchPhaseL1On=1))

    assert values_of(meter) == {"switch_on": 1.0, "digital_output_1": 0.0, "switch_on_l1": 1.0}


@pytest.mark.parametrize("energy", [8, 9, 14])
def test_gateways_have_no_readings(energy: int) -> None:
    meter = read_device(device(DeviceEnergyType=energy, ActivePower=0.0, ActivePowerUnit="kW"))

    assert (meter.is_gateway, meter.readings) == (True, ())


def test_charging_state_is_trusted_on_charging_stations_only() -> None:
    pico = read_device(device(FamilyType=70, ChargingStationState=4))
    other = read_device(device(ChargingStationState=0))

    assert values_of(pico) == {"charging_state": 4.0}
    assert other.readings == ()


def test_unknown_numbers_are_kept_and_reported() -> None:
    meter = read_device(device(FamilyType=4711, Temperature=21))

    assert (meter.family, meter.device_type) == (4711, "smartme-electricity")
    assert values_of(meter) == {"temperature": 21.0}
    assert codes_of(meter) == {"FamilyType": "kind-unknown"}


def test_unknown_charging_state_is_kept_and_reported() -> None:
    meter = read_device(device(FamilyType=70, ChargingStationState=99))

    assert values_of(meter) == {"charging_state": 99.0}
    assert codes_of(meter) == {"ChargingStationState": "kind-unknown"}


def test_member_names_may_come_in_camel_case() -> None:
    camel = {key[:1].lower() + key[1:]: value for key, value in device(VoltageL1=230).items()}

    assert values_of(read_device(camel)) == {"voltage_l1": 230.0}


def test_serial_above_two_to_the_53rd_stays_exact() -> None:
    body = f'{{"Id": "{ID}", "Serial": 636731327420929937}}'

    assert read_device(json.loads(body)).serial == "636731327420929937"


@pytest.mark.parametrize("serial", [6.3e17, "two\nlines", "ü", None, 0, [1]])
def test_serial_that_is_none_is_empty(serial: Any) -> None:
    assert read_device(device(Serial=serial)).serial == ""


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-08-02T10:14:41Z", 0),
        ("2026-08-02T10:14:41.5Z", 500_000),
        ("2026-08-02T10:14:41.2207739Z", 220_773),
        ("2026-08-02T12:14:41.22+02:00", 220_000),
    ],
)
def test_times_with_up_to_seven_digits_are_read(text: str, micros: int) -> None:
    meter = read_device(device(ValueDate=text))

    assert meter.value_time == datetime(2026, 8, 2, 10, 14, 41, micros, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-08-02T10:14:41", "0001-01-01T00:00:00Z", "soon", 5, "9999-12-31T23:59:59-05:00"]
)
def test_values_without_a_usable_time_are_not_recorded(text: Any) -> None:
    meter = read_device(device(ValueDate=text, VoltageL1=230))

    assert meter.readings == ()
    assert set(codes_of(meter)) == {"ValueDate"}


def test_stale_values_keep_their_own_time() -> None:
    meter = read_device(device(ValueDate="2026-02-03T04:05:06.1234567Z", VoltageL1=230))

    assert meter.readings[0].time == datetime(2026, 2, 3, 4, 5, 6, 123456, tzinfo=UTC)


def test_name_loses_characters_no_database_holds() -> None:
    arabic = "\u200f\u0645\u0637\u0628\u062e"

    meter = read_device(device(Name=f"Kü\u0000che \ud800🏠 {arabic}"))

    assert meter.name == f"Küche 🏠 {arabic}"


@pytest.mark.parametrize("entry", [None, 1, "x", [], {}, {"Id": None}, {"Id": "no-guid"}])
def test_entry_without_an_id_costs_itself_only(entry: Any) -> None:
    meters, issues = read_devices([entry, device()])

    assert [meter.id for meter in meters] == [ID]
    assert [issue.member for issue in issues] == ["[0]"]


def test_entry_that_comes_twice_counts_once() -> None:
    meters, issues = read_devices([device(), device(Name="Twin")])

    assert [meter.name for meter in meters] == ["Flat"]
    assert [issue.code for issue in issues] == ["id-repeated"]


def test_entry_that_is_no_object_is_unusable() -> None:
    with pytest.raises(Unusable):
        read_device("text")
