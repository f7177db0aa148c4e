"""Which service reaches which named crash point: each has its own tests that die there."""

from csm.crash import POINTS

# The seams of services other than gmail_ingest; what several share is proven where it is first.
OTHERS: dict[str, tuple[str, ...]] = {
    # Proven with processes that ask a model: tests/faults.
    "llm": ("llm_after_claim", "llm_after_answer", "llm_after_settle"),
    "classifier": ("before_verdict", "in_verdict_tx", "after_verdict"),
    "draft_writer": ("after_rank", "before_tags", "after_tags"),
    # Seams of drafts: tests/faults/test_drafts.py.
    "drafts": ("after_draft_text", "before_read_back", "after_followup_tag"),
    "webhook_gateway": ("before_hints", "before_swept"),
    # Seams of the clock: tests/faults/test_crash_points_followups.py.
    "followups": ("before_stale", "after_stale", "after_hearing", "before_alert", "after_alert"),
    # Seams of a webhook: tests/e2e/test_acceptance_webhooks.py.
    "webhooks": ("before_delivery", "after_delivery"),
}
GMAIL_INGEST = tuple(
    point for point in POINTS if not any(point in others for others in OTHERS.values())
)
