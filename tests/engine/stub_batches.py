"""A model server on this machine that has batches: files, batches, and what came of their lines."""

import json
from typing import Any

from aiohttp import web
from stub_model import Reply, StubModel


class StubBatches(StubModel):
    """`asked` holds the bodies of lines and of requests; `script` says what comes of each.

    A line whose `Reply` is cut comes to nothing. A batch has ended when it was looked at `looks`
    times, and ends as `status`. `made` are the batches by id; `faults` are the statuses of the next
    requests for batches, one each.
    """

    looks, status = 1, "completed"

    def __init__(self, script: Any, **more: Any) -> None:
        super().__init__(script, **more)
        self.files: dict[str, bytes] = {}
        self.made: dict[str, dict[str, Any]] = {}
        self.seen: dict[str, int] = {}
        self.faults: list[int] = []

    def routes(self, app: web.Application) -> None:
        super().routes(app)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._content)
        app.router.add_post("/v1/batches", self._make)
        app.router.add_get("/v1/batches", self._list)
        app.router.add_get("/v1/batches/{id}", self._look)

    def _keep(self, raw: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = raw
        return name

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["purpose"] == "batch"
        raw = form["file"].file.read()
        told = {"id": self._keep(raw), "bytes": len(raw), "created_at": 0, "purpose": "batch"}
        more = {"filename": "x.jsonl", "object": "file", "status": "processed"}
        return web.json_response({**told, **more})

    async def _make(self, request: web.Request) -> web.Response:
        if self.faults:
            return web.json_response({}, status=self.faults.pop(0))
        body = await request.json()
        assert body["completion_window"] == "24h"
        name = f"batch_{len(self.made)}"
        told = {"id": name, "object": "batch", "created_at": 0, "status": "in_progress"}
        self.made[name] = {**body, **told}
        return web.json_response(self.made[name])

    async def _list(self, _request: web.Request) -> web.Response:
        found = {"object": "list", "data": list(self.made.values()), "has_more": False}
        return web.json_response(found)

    async def _look(self, request: web.Request) -> web.Response:
        if self.faults:
            return web.json_response({}, status=self.faults.pop(0))
        name = request.match_info["id"]
        self.seen[name] = self.seen.get(name, 0) + 1
        batch = self.made[name]
        if self.seen[name] >= self.looks and batch["status"] == "in_progress":
            self._finish(batch)
        return web.json_response(batch)

    def _finish(self, batch: dict[str, Any]) -> None:
        batch["status"] = self.status
        if self.status == "failed":
            told = {"code": "x", "message": "the model is unknown"}
            batch["errors"] = {"object": "list", "data": [told]}
            return
        good, bad = [], []
        for text in self.files[batch["input_file_id"]].splitlines():
            line = json.loads(text)
            assert (line["method"], line["url"]) == ("POST", batch["endpoint"])
            self.asked.append(line["body"])
            came = self._line(line, self.script(line["body"], len(self.asked) - 1))
            (bad if came["error"] else good).append(json.dumps(came).encode())
        batch["output_file_id"] = self._keep(b"\n".join(reversed(good)))
        if bad:
            batch["error_file_id"] = self._keep(b"\n".join(bad))

    def _line(self, line: dict[str, Any], reply: Reply) -> dict[str, Any]:
        plain = {"id": "x", "custom_id": line["custom_id"]}
        if reply.cut:
            fault = {"code": "batch_expired", "message": "it took too long"}
            return {**plain, "response": None, "error": fault}
        if reply.status != 200:
            fault = reply.error or {"error": {"message": f"scripted {reply.status}"}}
            return {
                **plain,
                "response": {"status_code": reply.status, "body": fault},
                "error": None,
            }
        said = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
        whole: dict[str, Any] = {"choices": [{"message": said, "finish_reason": reply.finish}]}
        if reply.used is not None:
            sent, came = reply.used
            whole["usage"] = {"prompt_tokens": sent, "completion_tokens": came}
        return {**plain, "response": {"status_code": 200, "body": whole}, "error": None}

    async def _content(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["id"]])
