"""Batches of OpenAI, Anthropic and Gemini, written from the formats that their SDKs' types publish (2026-11-22)."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import re
from dataclasses import dataclass, field
from typing import Any

from fakes.batch_server import BatchServer, Held, Outcome, Request
from fakes.faulty_server import Refused, check_keys, need

KEY = re.compile(r"[a-zA-Z0-9_-]{1,64}")
USAGE = (1000, 100)


def when(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat().replace("+00:00", "Z")


@dataclass
class OpenAIBatchServer(BatchServer):
    """`/v1/files` and `/v1/batches`."""

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}

    def makes_batch(self, request: Request) -> bool:
        return (request.method, request.path) == ("POST", "/v1/batches")

    def route(self, request: Request) -> tuple[str, bytes]:
        need(request.headers.get("authorization") == f"Bearer {self.key}", "Incorrect API key", status=401)
        path = request.path
        match request.method:
            case "POST" if path == "/v1/files":
                return "application/json", json.dumps(self._upload(request)).encode()
            case "POST" if path == "/v1/batches":
                return "application/json", json.dumps(self._create(request.body)).encode()
            case "POST" if found := re.fullmatch(r"/v1/batches/(\w+)/cancel", path):
                batch = self._batch(found[1])
                need(batch.status in ("validating", "in_progress", "finalizing"), "cannot cancel", status=409)
                batch.status = "cancelling"
                return "application/json", json.dumps(self._shown(batch)).encode()
            case "GET" if path == "/v1/batches":
                return "application/json", json.dumps(self._list(request.query)).encode()
            case "GET" if found := re.fullmatch(r"/v1/batches/(\w+)", path):
                return "application/json", json.dumps(self._shown(self._batch(found[1]))).encode()
            case "GET" if found := re.fullmatch(r"/v1/files/(\S+)/content", path):
                need(found[1] in self.files, "No such File object", status=404)
                return "application/octet-stream", self.files[found[1]][1]
        raise Refused(404, f"Invalid URL ({request.method} {path})")

    def end(self, outcomes: dict[int, Outcome] | None = None, *, status: str = "completed") -> None:
        """End the batch, its results backwards; an item without an outcome has an answer, unless it never ran."""
        batch, told = self.only(), outcomes or {}
        answered, failed = [], []
        for index, (key, body) in enumerate(batch.items):
            outcome = told.get(index, "missing" if status in ("expired", "cancelled") else answer_to(body))
            row: dict[str, Any] = {"id": f"batch_req_{index}", "custom_id": key, "response": None, "error": None}
            if isinstance(outcome, bytes):
                answered.append(outcome)
            elif outcome == "missing":
                code = f"batch_{status}"
                failed.append(
                    json.dumps({**row, "error": {"code": code, "message": "This request was not run."}}).encode()
                )
            elif isinstance(outcome, dict):
                response = {"status_code": outcome.get("status", 400), "request_id": "r", "body": outcome["body"]}
                failed.append(json.dumps({**row, "response": response}).encode())
            elif outcome != "lost":
                response = {"status_code": 200, "request_id": "r", "body": self._answer(body, outcome)}
                answered.append(json.dumps({**row, "response": response}, ensure_ascii=False).encode())
        batch.status = status
        for name, lines in (("output_file_id", answered), ("error_file_id", failed)):
            if lines:
                file = f"file-{name}"
                self.files[file] = ("out", b"\n".join(reversed(lines)) + b"\n")
                batch.extra[name] = file
        batch.extra["request_counts"] = {
            "total": len(batch.items),
            "completed": len(answered),
            "failed": len(failed),
        }

    def _answer(self, body: dict[str, Any], text: str) -> dict[str, Any]:
        given, taken = USAGE
        if "input" in body:
            part = {"type": "output_text", "text": text, "annotations": []}
            message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
            thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]}
            usage = {"input_tokens": given, "output_tokens": taken, "total_tokens": given + taken}
            usage |= {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 7}}
            return {
                "id": "resp_1",
                "object": "response",
                "status": "completed",
                "model": body["model"],
                "output": [thought, message],
                "usage": usage,
                "error": None,
                "incomplete_details": None,
            }
        message = {"role": "assistant", "content": text, "refusal": None}
        usage = {"prompt_tokens": given, "completion_tokens": taken, "total_tokens": given + taken}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return {"id": "c_1", "object": "chat.completion", "model": body["model"], "choices": [choice], "usage": usage}

    def _upload(self, request: Request) -> dict[str, Any]:
        head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
        form = email.message_from_bytes(head + request.raw, policy=email.policy.HTTP)
        fields: dict[str, Any] = {}
        for part in form.iter_parts():
            name = part.get_param("name", header="content-disposition")
            fields[name] = (part.get_filename(), part.get_payload(decode=True))
        check_keys(fields, ("file", "purpose", "expires_after[anchor]", "expires_after[seconds]"), "files")
        need(fields["purpose"][1] == b"batch", "Invalid value for 'purpose'")
        name, content = fields["file"]
        need(name.endswith(".jsonl"), "Invalid file format for Batch API. Must be .jsonl")
        file = f"file-{len(self.files)}"
        self.files[file] = (name, content)
        return {"id": file, "object": "file", "bytes": len(content), "filename": name, "purpose": "batch"}

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        known = ("input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after")
        check_keys(body, known, "batches")
        need(body["completion_window"] == "24h", "Invalid value for 'completion_window'")
        need(body["endpoint"] in ("/v1/chat/completions", "/v1/responses"), "Invalid value for 'endpoint'")
        need(body["input_file_id"] in self.files, "No such File object", status=404)
        metadata = body.get("metadata") or {}
        need(all(len(name) <= 64 and len(value) <= 512 for name, value in metadata.items()), "metadata is too long")
        items: list[tuple[str, dict[str, Any]]] = []
        for line in self.files[body["input_file_id"]][1].splitlines():
            row = json.loads(line)
            check_keys(row, ("custom_id", "method", "url", "body"), "a line")
            need((row["method"], row["url"]) == ("POST", body["endpoint"]), "the url of a line must be the endpoint's")
            asked = row["body"]
            field_name = "messages" if body["endpoint"].endswith("completions") else "input"
            need(asked.get("model") and asked.get(field_name), f"a body needs model and {field_name}")
            strange = {"stream", "stream_options", "extra_body", "extra_headers"} & set(asked)
            need(not strange, f"a body of a batch has no {strange}")
            items.append((row["custom_id"], asked))
        need(len({key for key, _ in items}) == len(items), "duplicate custom_id")
        need(len({asked["model"] for _, asked in items}) == 1, "mismatched_model")
        self.clock += 1
        batch = Held(f"batch_{len(self.batches)}", metadata.get("conduit", ""), items, self.clock, "validating")
        batch.extra = {"endpoint": body["endpoint"], "input_file_id": body["input_file_id"], "metadata": metadata}
        self.batches[batch.id] = batch
        return self._shown(batch)

    def _batch(self, batch_id: str) -> Held:
        need(batch_id in self.batches, f"No batch found with id '{batch_id}'.", status=404)
        return self.batches[batch_id]

    def _list(self, query: dict[str, str]) -> dict[str, Any]:
        check_keys(query, ("after", "limit"), "batches")
        need(1 <= int(query.get("limit", 20)) <= 100, "limit must be 1 to 100")
        found = sorted(self.batches.values(), key=lambda batch: -batch.made_at)
        if after := query.get("after"):
            found = found[[batch.id for batch in found].index(after) + 1 :]
        page = found[:1]  # small pages, so that they are turned
        return {"object": "list", "data": [self._shown(b) for b in page], "has_more": len(found) > 1}

    def _shown(self, batch: Held) -> dict[str, Any]:
        shown = {"id": batch.id, "object": "batch", "status": batch.status, "created_at": batch.made_at}
        counts = {"total": len(batch.items), "completed": 0, "failed": 0}
        return {**shown, "completion_window": "24h", "request_counts": counts, "errors": None, **batch.extra}


@dataclass
class AnthropicBatchServer(BatchServer):
    """`/v1/messages/batches`."""

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}

    def makes_batch(self, request: Request) -> bool:
        return (request.method, request.path) == ("POST", "/v1/messages/batches")

    def route(self, request: Request) -> tuple[str, bytes]:
        need(request.headers.get("authorization") == f"Bearer {self.key}", "invalid x-api-key", status=401)
        need(request.headers.get("anthropic-version") == "2026-10-21", "anthropic-version: header is required")
        path = request.path
        match request.method:
            case "POST" if path == "/v1/messages/batches":
                return "application/json", json.dumps(self._create(request.body)).encode()
            case "POST" if found := re.fullmatch(r"/v1/messages/batches/(\w+)/cancel", path):
                batch = self._batch(found[1])
                batch.status = "canceling"
                return "application/json", json.dumps(self._shown(batch)).encode()
            case "GET" if path == "/v1/messages/batches":
                check_keys(request.query, ("after_id", "before_id", "limit"), "batches")
                found_all = sorted(self.batches.values(), key=lambda batch: -batch.made_at)
                if after := request.query.get("after_id"):
                    found_all = found_all[[batch.id for batch in found_all].index(after) + 1 :]
                page, more = found_all[:1], len(found_all) > 1
                last = page[-1].id if page else None
                answer = {"data": [self._shown(b) for b in page], "has_more": more, "first_id": last, "last_id": last}
                return "application/json", json.dumps(answer).encode()
            case "GET" if found := re.fullmatch(r"/v1/messages/batches/(\w+)", path):
                return "application/json", json.dumps(self._shown(self._batch(found[1]))).encode()
            case "GET" if found := re.fullmatch(r"/v1/messages/batches/(\w+)/results", path):
                batch = self._batch(found[1])
                need(batch.status == "ended", "the batch has not ended", status=404)
                return "application/x-jsonl", b"\n".join(batch.lines) + b"\n"
        raise Refused(404, f"{request.method} {path}")

    def end(self, outcomes: dict[int, Outcome] | None = None, *, otherwise: str = "succeeded") -> None:
        """End the batch, its results backwards; `otherwise` is what becomes of an item without an outcome."""
        batch, told = self.only(), outcomes or {}
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        for index, (key, params) in enumerate(batch.items):
            outcome = told.get(index, otherwise)
            if isinstance(outcome, bytes):
                batch.lines.append(outcome)
                continue
            if isinstance(outcome, dict):
                counts["errored"] += 1
                result: dict[str, Any] = {"type": "errored", "error": {"type": "error", "error": outcome}}
            elif outcome in ("canceled", "expired"):
                counts[outcome] += 1
                result = {"type": outcome}
            elif outcome == "lost":
                continue
            else:
                counts["succeeded"] += 1
                text = answer_to(params) if outcome == "succeeded" else outcome
                result = {"type": "succeeded", "message": self._message(params, text)}
            batch.lines.append(json.dumps({"custom_id": key, "result": result}, ensure_ascii=False).encode())
        batch.lines.reverse()
        batch.status = "ended"
        batch.extra = {"request_counts": counts, "results_url": f"{self.url}/v1/messages/batches/{batch.id}/results"}

    def _message(self, params: dict[str, Any], text: str) -> dict[str, Any]:
        forced = params.get("tool_choice", {}).get("name")
        content: dict[str, Any] = {"type": "text", "text": text, "citations": None}
        if forced:
            content = {"type": "tool_use", "id": "t_1", "name": forced, "input": json.loads(text)}
        given, taken = USAGE
        usage = {"input_tokens": given, "output_tokens": taken}
        usage |= {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": params["model"],
            "content": [content],
            "stop_reason": "tool_use" if forced else "end_turn",
            "stop_sequence": None,
            "usage": usage,
        }

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        check_keys(body, ("requests",), "batches")
        items = []
        for row in body["requests"]:
            check_keys(row, ("custom_id", "params"), "a request")
            need(KEY.fullmatch(row["custom_id"]), "custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'")
            params = row["params"]
            need(params.get("model") and params.get("max_tokens") and params.get("messages"), "Field required")
            need(not {"stream", "extra_body"} & set(params), "params: Extra inputs are not permitted")
            items.append((row["custom_id"], params))
        need(len({key for key, _ in items}) == len(items), "requests: custom_id must be unique")
        self.clock += 1
        batch = Held(f"msgbatch_{len(self.batches)}", "", items, self.clock, "in_progress")
        self.batches[batch.id] = batch
        return self._shown(batch)

    def _batch(self, batch_id: str) -> Held:
        need(batch_id in self.batches, "Not found", status=404)
        return self.batches[batch_id]

    def _shown(self, batch: Held) -> dict[str, Any]:
        counts = {"processing": len(batch.items), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": batch.status,
            "request_counts": counts,
            "created_at": when(batch.made_at),
            "expires_at": when(batch.made_at + 86400),
            "ended_at": None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": None,
            **batch.extra,
        }


@dataclass
class GeminiBatchServer(BatchServer):
    """`models/…:batchGenerateContent` and `batches/…`."""

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        return {"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}}

    def makes_batch(self, request: Request) -> bool:
        return request.path.endswith(":batchGenerateContent")

    def route(self, request: Request) -> tuple[str, bytes]:
        need(request.headers.get("x-goog-api-key") == self.key, "API key not valid.")
        path = request.path.removeprefix("/v1beta/")
        match request.method:
            case "POST" if found := re.fullmatch(r"models/([^:/]+):batchGenerateContent", path):
                answer = self._create(found[1], request.body)
            case "POST" if found := re.fullmatch(r"batches/(\w+):cancel", path):
                self._batch(found[1]).status = "CANCELLED"
                answer = {}
            case "GET" if path == "batches":
                check_keys(request.query, ("pageSize", "pageToken"), "batches")
                newest = sorted(self.batches.values(), key=lambda batch: -batch.made_at)
                start = int(request.query.get("pageToken", 0))
                answer = {"operations": [self._shown(batch) for batch in newest[start : start + 1]]}
                if start + 1 < len(newest):
                    answer["nextPageToken"] = str(start + 1)
            case "GET" if found := re.fullmatch(r"batches/(\w+)", path):
                answer = self._shown(self._batch(found[1]))
            case _:
                raise Refused(404, f"{request.method} {path}")
        return "application/json", json.dumps(answer).encode()

    def end(self, outcomes: dict[int, Outcome] | None = None, *, status: str = "SUCCEEDED") -> None:
        """End the batch, its results backwards."""
        batch, told = self.only(), outcomes or {}
        rows = []
        for index, (key, body) in enumerate(batch.items):
            outcome = told.get(index, answer_to(body))
            if isinstance(outcome, dict):
                rows.append({"error": outcome, "metadata": {"key": key}})
            elif isinstance(outcome, bytes):
                rows.append({"metadata": {}})
            elif outcome != "lost":
                content = {"parts": [{"text": outcome}], "role": "model"}
                candidate = {"content": content, "finishReason": "STOP", "index": 0}
                usage = {"promptTokenCount": USAGE[0], "candidatesTokenCount": USAGE[1], "totalTokenCount": sum(USAGE)}
                response = {"candidates": [candidate], "usageMetadata": usage, "responseId": "r"}
                rows.append({"response": response, "metadata": {"key": key}})
        batch.status = status
        if status == "SUCCEEDED":
            batch.extra = {"output": {"inlinedResponses": {"inlinedResponses": rows[::-1]}}}

    def _create(self, model: str, body: dict[str, Any]) -> dict[str, Any]:
        check_keys(body, ("batch",), "the request")
        check_keys(body["batch"], ("displayName", "inputConfig", "priority"), "batch")
        items = []
        for row in body["batch"]["inputConfig"]["requests"]["requests"]:
            check_keys(row, ("request", "metadata"), "a request")
            known = ("model", "contents", "systemInstruction", "generationConfig", "safetySettings", "tools")
            check_keys(row["request"], known, "a request")
            need(row["request"].get("contents"), "contents is not specified")
            items.append((row["metadata"]["key"], row["request"]))
        self.clock += 1
        batch = Held(f"g{len(self.batches)}", body["batch"]["displayName"], items, self.clock, "PENDING")
        self.batches[batch.id] = batch
        return self._shown(batch)

    def _batch(self, batch_id: str) -> Held:
        need(batch_id in self.batches, "Requested entity was not found.", status=404)
        return self.batches[batch_id]

    def _shown(self, batch: Held) -> dict[str, Any]:
        metadata = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "name": f"batches/{batch.id}",
            "displayName": batch.label,
            "state": f"BATCH_STATE_{batch.status}",
            "createTime": when(batch.made_at),
            "batchStats": {"requestCount": str(len(batch.items))},
            **batch.extra,
        }
        return {"name": f"batches/{batch.id}", "metadata": metadata, "done": batch.status == "SUCCEEDED"}


def answer_to(body: dict[str, Any]) -> str:
    """Return the answer to the last text of a request, whatever the format."""
    said = json.dumps(body.get("contents") or body.get("messages") or body.get("input"))
    texts = re.findall(r'"(?:text|content)": ("(?:[^"\\]|\\.)*")', said)
    return f"Re: {json.loads(texts[-1])}"
