"""What beat asks of the workers, and how often (seconds)."""

from typing import Any, Final

from celery.schedules import crontab

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

SCHEDULE: Final[dict[str, dict[str, Any]]] = {
    "seal-occupancies": {"task": "twin.tasks.seal_occupancies", "schedule": MINUTE},
    "resume-upgrades": {"task": "twin.tasks.resume_upgrades", "schedule": MINUTE},
    "forget-plans": {"task": "twin.tasks.forget_plans", "schedule": HOUR},
    "record-heartbeat": {"task": "config.tasks.record_heartbeat", "schedule": 10.0},
    "claim-due-connections": {
        "task": "integrations.smartme.tasks.claim_due_connections",
        "schedule": 2.0,
        "options": {"expires": 10.0},
    },
    "claim-device-codes": {
        "task": "integrations.smartme.tasks.claim_device_codes",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "claim-due-backfills": {
        "task": "integrations.smartme.tasks.claim_due_backfills",
        "schedule": 2.0,
        "options": {"expires": 10.0},
    },
    "forget-old-runs": {"task": "integrations.smartme.tasks.forget_old_runs", "schedule": HOUR},
    **{
        # Two shares, so that two workers may be at it at once.
        f"take-over-realtime-posts-{share}": {
            "task": "integrations.smartme.realtime.tasks.take_over_realtime_posts",
            "schedule": 1.0,
            "kwargs": {"share": share},
            "options": {"expires": 2.0},
        }
        for share in range(2)
    },
    "claim-due-registrations": {
        "task": "integrations.smartme.realtime.tasks.claim_due_registrations",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "retry-posts-set-aside": {
        "task": "integrations.smartme.realtime.tasks.retry_posts_set_aside",
        "schedule": HOUR,
    },
    "forget-old-answers": {"task": "config.tasks.forget_old_answers", "schedule": HOUR},
    "forget-dead-tokens": {"task": "accounts.tasks.forget_dead_tokens", "schedule": DAY},
    **{
        # Two shares, so that two workers sum up side by side.
        f"refresh-rollups-{worker}": {
            "task": "devices.tasks.refresh_rollups",
            "schedule": 10.0,
            "kwargs": {"worker": worker, "workers": 2},
            "options": {"expires": 10.0},
        }
        for worker in range(2)
    },
    "send-waiting-letters": {
        "task": "accounts.tasks.send_waiting_letters",
        "schedule": 10 * MINUTE,
    },
    "forget-letters": {"task": "accounts.tasks.forget_letters", "schedule": DAY},
    "sweep-contact": {
        "task": "devices.tasks.sweep_contact",
        "schedule": MINUTE,
        "options": {"expires": MINUTE},
    },
    "resume-imports": {"task": "devices.tasks.resume_imports", "schedule": MINUTE},
    "send-due-commands": {
        "task": "devices.tasks.send_due_commands",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "advance-batches": {
        "task": "devices.tasks.advance_batches",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "expire-commands": {
        "task": "devices.tasks.expire_commands",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "evaluate-alarms": {
        "task": "devices.tasks.evaluate_alarms",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "sync-alarm-rules": {"task": "devices.tasks.sync_alarm_rules", "schedule": MINUTE},
    # By night in Europe, when few ask and few send; it goes on where it stopped.
    "drop-old-readings": {
        "task": "devices.tasks.drop_old_readings",
        "schedule": crontab(hour="1-3", minute="0,30"),
        "options": {"expires": 30 * MINUTE},
    },
    "restate-consumption": {
        "task": "devices.tasks.restate_consumption",
        "schedule": 10 * MINUTE,
        "options": {"expires": 10 * MINUTE},
    },
    "make-partitions": {"task": "devices.tasks.make_partitions", "schedule": 6 * HOUR},
}
