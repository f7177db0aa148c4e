"""The guards: what each is for, where it stands, and which tests miss it when it is gone."""

from dataclasses import dataclass

CLASSIFIER = "services/classifier/src/classifier"
WRITER = "services/draft_writer/src/draft_writer"
COMMON = "libs/common/src/csm"
INGEST = "services/gmail_ingest/src/gmail_ingest"


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: what `removed` becomes of the text `line` in `file`, and who must notice.

    `tests` are pytest arguments. `slow` ones start real processes.
    """

    name: str
    file: str
    line: str
    removed: str
    tests: tuple[str, ...]
    slow: bool = False


GUARDS: tuple[Guard, ...] = (
    Guard(
        "fence: who lost the lease records nothing",
        f"{COMMON}/effects.py",
        "        return False\n    made = {",
        "        pass\n    made = {",
        ("tests/unit/test_effects.py",),
    ),
    Guard(
        "lease: nobody takes what another holds",
        f"{COMMON}/lease.py",
        "        where=LEASE.c.until < csm_now(),\n",
        "",
        ("tests/unit/test_lease.py",),
    ),
    Guard(
        "quarantine: absence is proven late only",
        f"{COMMON}/effects.py",
        "quiet = intent.now >= intent.quiet_at",
        "quiet = True",
        ("tests/unit/test_effects.py",),
    ),
    Guard(
        "quarantine outlasts pause, deadline and server life",
        f"{COMMON}/timing.py",
        "if self.quarantine(self.deadline) <= pause + self.deadline + self.server_life:",
        "if False:",
        ("tests/unit/test_timing.py",),
    ),
    Guard(
        "intent before POST",
        f"{COMMON}/effects.py",
        "begun = await self._db.run(commit_intent, lease, write, self._timing, absent)",
        "begun = True",
        ("tests/unit/test_effects.py",),
    ),
    Guard(
        "no repeat without a look",
        f"{COMMON}/effects.py",
        "            if not isinstance(begun, bool):\n                return begun\n",
        "",
        ("tests/unit/test_effects.py",),
    ),
    Guard(
        "send_by: no late start of a request",
        f"{COMMON}/freescout_call.py",
        "if self.send_until is not None and now > self.send_until:",
        "if False:",
        ("tests/contracts/test_freescout_faults.py",),
    ),
    Guard(
        "a process frozen while it connected sends nothing",
        f"{COMMON}/freescout_call.py",
        "if asyncio.get_running_loop().time() > self.latest:",
        "if False:",
        ("tests/contracts/test_freescout_faults.py",),
    ),
    Guard(
        "redirects are not followed",
        f"{COMMON}/freescout_call.py",
        "follow_redirects=False",
        "follow_redirects=True",
        ("tests/contracts/test_freescout_answers.py",),
    ),
    Guard(
        "draft state: no message without it",
        f"{COMMON}/freescout_call.py",
        'thread.get("type") == "message" and thread.get("state") == "draft"',
        'thread.get("type") == "message"',
        ("tests/unit/test_freescout_client_bodies.py", "tests/unit/test_freescout_sending.py"),
    ),
    Guard(
        "allow-list of method and path",
        f"{COMMON}/freescout_call.py",
        "    if pattern is None or not pattern.fullmatch(path):\n        return False\n",
        "",
        ("tests/unit/test_freescout_client_bodies.py", "tests/unit/test_freescout_sending.py"),
    ),
    Guard(
        "only two status writes exist",
        f"{COMMON}/freescout_call.py",
        "return _assigns(body) or _is_named_status_write(int(one[1]), body, self_tests)",
        "return True",
        ("tests/unit/test_freescout_client_bodies.py", "tests/unit/test_freescout_sending.py"),
    ),
    Guard(
        "a 404 counts only if the API answers elsewhere",
        f"{COMMON}/freescout.py",
        "        except FreeScoutGoneError:\n            await self._confirm_api()\n",
        "        except FreeScoutGoneError:\n",
        ("tests/contracts/test_freescout_faults.py", "tests/contracts/test_freescout_client.py"),
    ),
    Guard(
        "Gmail: reading calls only",
        f"{INGEST}/gmail_http.py",
        "if not (is_token or self._reads(uri, method) or self._labels(uri, method, options)):",
        "if False:",
        ("tests/integration/test_gmail_client.py", "tests/integration/test_gmail_credentials.py"),
    ),
    Guard(
        "Gmail: a label cannot be TRASH",
        f"{INGEST}/gmail_http.py",
        "return isinstance(added, list) and all(_OWN_LABEL.fullmatch(str(one)) for one in added)",
        "return True",
        ("tests/integration/test_gmail_client.py", "tests/integration/test_gmail_accounts.py"),
    ),
    Guard(
        "sender check: headers alone prove nothing",
        f"{INGEST}/matching.py",
        "if not is_forged and speakers & candidate.participants:",
        "if not is_forged:",
        ("tests/unit/test_matching.py",),
    ),
    Guard(
        "DMARC check: a forged sender enters nowhere",
        f"{INGEST}/matching.py",
        "if not is_forged and speakers & candidate.participants:",
        "if speakers & candidate.participants:",
        ("tests/unit/test_matching.py",),
    ),
    Guard(
        "our own address is nobody's ticket into a conversation",
        f"{INGEST}/job.py",
        "return frozenset(speaking) - self.settings.own_addresses",
        "return frozenset(speaking)",
        ("tests/unit/test_job.py",),
    ),
    Guard(
        "bucket: a re-publish is no duplicate",
        f"{COMMON}/outbox.py",
        'bucket="" if first else again',
        'bucket=""',
        ("tests/unit/test_outbox.py",),
    ),
    Guard(
        "window: a backfill does not bury new mail",
        f"{COMMON}/work.py",
        "    if room < max(1, window // 4):\n        return []\n",
        "    room = 10_000\n",
        ("tests/unit/test_work.py",),
    ),
    Guard(
        "per resource only the oldest is published",
        f"{COMMON}/work.py",
        "or_(and_(is_ready, ~blocked), ",
        "or_(is_ready, ",
        ("tests/unit/test_work.py",),
    ),
    Guard(
        "a row keeps its first end",
        f"{COMMON}/work.py",
        '_THIS, WORK.c.state == "wanted")\n    .values(\n        state=bindparam("ended")',
        '_THIS)\n    .values(\n        state=bindparam("ended")',
        ("tests/unit/test_work.py",),
    ),
    Guard(
        "waiting is not failing: it uses up no attempts",
        f"{COMMON}/work.py",
        'waiting_for=bindparam("waits_for"), in_flight=False,',
        'waiting_for=bindparam("waits_for"), in_flight=False, attempts=WORK.c.attempts + 1,',
        ("tests/unit/test_work.py",),
    ),
    Guard(
        "starts limit: a mail that kills us is not read again",
        f"{INGEST}/writer.py",
        "if message.starts >= work.STARTS_LIMIT:",
        "if False:",
        ("tests/e2e/test_acceptance_hostile.py",),
        slow=True,
    ),
    Guard(
        "self-test gate: nothing is written before it has passed",
        f"{COMMON}/gates.py",
        "            return Trouble(wrong, is_lasting=True)\n        allowed",
        "            return None\n        allowed",
        ("tests/e2e/test_acceptance_settings.py", "tests/integration/test_health.py"),
        slow=True,
    ),
    Guard(
        "closed gate: an outage quarantines nothing",
        f"{COMMON}/gates.py",
        "            raise GateClosedError(found[name])",
        "            pass",
        ("tests/e2e/test_acceptance_outages.py", "tests/e2e/test_acceptance_settings.py"),
        slow=True,
    ),
    Guard(
        "marker check: nobody plants flags",
        f"{COMMON}/marker.py",
        "if marker is None or not _same(marker.check, _check(key, marker.mark_id, marker.flags)):",
        "if marker is None:",
        ("tests/unit/test_marker.py",),
    ),
    Guard(
        "marker check: only as the last element",
        f"{COMMON}/marker.py",
        r"([a-z]*) -->\s*\Z",
        r"([a-z]*) -->",
        ("tests/unit/test_marker.py",),
    ),
    Guard(
        "a create that is begun is settled before its mail goes elsewhere",
        f"{INGEST}/writer.py",
        "made = await self._effects.settle(lease, create, self._recorder(job))",
        "made = None",
        ("tests/e2e/test_acceptance_answers.py", "-k", "left_behind"),
        slow=True,
    ),
    Guard(
        "map row before intent",
        f"{INGEST}/writer.py",
        "                return await self._move(job, decision.conversation_id, lease)",
        "                return await self._append(job, decision.conversation_id, lease)",
        ("tests/faults/test_crash_points.py", "-k", "after_map"),
        slow=True,
    ),
    Guard(
        "oldest first",
        f"{INGEST}/scopes.py",
        ".order_by(MESSAGE.c.internal_date.nulls_first(), MESSAGE.c.gmail_message_id)",
        ".order_by(MESSAGE.c.internal_date.desc().nulls_first(), MESSAGE.c.gmail_message_id)",
        ("tests/unit/test_state.py", "tests/unit/test_precedence.py"),
    ),
    Guard(
        "an answer waits for the mail it answers",
        f"{INGEST}/writer.py",
        "        if thread := await self._answered(job):\n            return Behind(thread)\n",
        "",
        ("tests/e2e/test_acceptance_answers.py", "-k", "waits or chain"),
        slow=True,
    ),
    Guard(
        "an older mail of another Gmail thread goes first",
        f"{INGEST}/writer.py",
        "        if elder := await self._elder(job.message, conversation):\n"
        "            return Behind(elder)\n",
        "",
        ("tests/e2e/test_acceptance_order.py",),
        slow=True,
    ),
    Guard(
        "attachments compared",
        f"{COMMON}/effects.py",
        "    if len(seen) >= len(sent):\n        return ()\n",
        "    return ()\n",
        ("tests/unit/test_effects.py", "tests/unit/test_effects_history.py"),
    ),
    Guard(
        "husk rule: two looks, a server life apart",
        f"{COMMON}/effects.py",
        "if now - first >= server_life)",
        "if now >= first)",
        ("tests/unit/test_effects_husks.py",),
    ),
    Guard(
        "husk rule: not with a rival",
        f"{COMMON}/effects.py",
        "others = await self._db.run(rivals, write) if husks else 0",
        "others = 0",
        ("tests/unit/test_effects_husks.py",),
    ),
    Guard(
        "ids are journaled before the cursor moves",
        f"{INGEST}/discovery.py",
        "            new += await self._journal(page.added)\n",
        "            await self._db.run(state.advance, self._slug, page.history_id)\n"
        '            crash_point("after_journal", self._slug)\n'
        "            new += await self._journal(page.added)\n",
        ("tests/faults/test_crash_points.py", "-k", "after_journal"),
        slow=True,
    ),
    Guard(
        "the install key fits the database",
        f"{COMMON}/install.py",
        "    if problem := foreign(connection, key):\n        raise InstallKeyError(problem)\n",
        "",
        ("tests/unit/test_install.py",),
    ),
    Guard(
        "one process on SQLite",
        f"{COMMON}/db/sqlite.py",
        "fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        ("tests/unit/test_db.py",),
    ),
    Guard(
        "fast timing is for the simulator only",
        f"{COMMON}/service.py",
        'if not isinstance(answer, dict) or answer.get("simulator") != "freescout":',
        "if False:",
        ("tests/integration/test_fast_timing.py",),
    ),
    Guard(
        "the audit never takes an unknown marker for nothing",
        f"{INGEST}/audit.py",
        "findings += await self._unknown(conversation, {id_: threads[id_] for id_ in rest})",
        "pass",
        ("tests/e2e/test_audit.py", "-k", "double or foreign"),
        slow=True,
    ),
    Guard(
        "one question at a time in a conversation",
        f"{CLASSIFIER}/handlers.py",
        "            if not is_mine:\n",
        "            if False:\n",
        ("tests/e2e/test_acceptance_model.py", "-k", "one_after_the_other"),
        slow=True,
    ),
    Guard(
        "one final verdict per message",
        f"{CLASSIFIER}/state.py",
        "before.get(thread_id) in FINAL or (",
        "(",
        ("tests/unit/test_triage_state.py",),
    ),
    Guard(
        "what was there before is left alone",
        f"{CLASSIFIER}/policy.py",
        "    if not _is_ours(newest, flags.get(newest.id), scope, now):\n",
        "    if False:\n",
        ("tests/unit/test_triage_policy.py",),
    ),
    Guard(
        "a mail does not make itself a P0",
        f"{CLASSIFIER}/policy.py",
        "    if opinion.importance <= CLAMP or is_grave:\n",
        "    if True:\n",
        ("tests/unit/test_triage_policy.py",),
    ),
    Guard(
        "what the bus brought is never published as if for the first time",
        f"{COMMON}/work.py",
        "        delivered(connection, row.id, republish_after)\n",
        "        pass\n",
        ("tests/unit/test_work.py",),
    ),
    Guard(
        "a final verdict is not behind a provisional one",
        f"{WRITER}/state.py",
        'kind = "arrival" if verdict.provisional else "conv"',
        'kind = "conv"',
        ("tests/unit/test_desk_state.py",),
    ),
    Guard(
        "an older verdict writes nothing",
        f"{WRITER}/state.py",
        "    if Rank(row.written_at, row.thread_id, row.verdict_seq) > rank:\n",
        "    if False:\n",
        ("tests/faults/test_verdicts.py", "-k", "newest_verdict_wins"),
        slow=True,
    ),
    Guard(
        "tags that a person changed are theirs",
        f"{WRITER}/policy.py",
        "record.taken_over or seen not in {record.own, record.pending}",
        "record.taken_over",
        ("tests/unit/test_desk_policy.py",),
    ),
)
