"""The served OpenAPI document: sound in itself, and true. Every operation in it is called, every answer it names is
brought about where that can be done from outside, and each is checked against its schema."""

import json
import pathlib
import re
import unittest

import jsonschema

from e2e.case import EndToEnd
from e2e.ingest import Api, job, key_section, listening
from e2e.process import wait_until

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def resolve(document, node):
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method], item.get("parameters", []) + item[method].get("parameters", [])


def references(node):
    if isinstance(node, dict):
        # Inside a schema with its own $id references are that schema's.
        if "$id" in node:
            return
        if isinstance(node.get("$ref"), str):
            yield node
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


class Lint(unittest.TestCase):
    def check(self, document):
        self.assertRegex(document["openapi"], r"^3\.1\.\d+$")
        self.assertTrue(document["info"]["title"] and document["info"]["version"])
        for node in references(document):
            self.assertIsNotNone(resolve(document, node), node)
        for name, schema in document["components"]["schemas"].items():
            jsonschema.Draft202012Validator.check_schema(schema)
            self.assertIn(f'"#/components/schemas/{name}"', json.dumps(document), f"{name} is not used")
        names = [operation["operationId"] for _, _, operation, _ in operations(document)]
        self.assertEqual(len(names), len(set(names)))
        tags = {tag["name"] for tag in document["tags"]}
        for path, method, operation, parameters in operations(document):
            where = f"{method} {path}"
            declared = {each["name"] for each in (resolve(document, one) for one in parameters) if each["in"] == "path"}
            self.assertEqual(set(re.findall(r"{(\w+)}", path)), declared, where)
            self.assertTrue(operation["summary"] and set(operation["tags"]) <= tags, where)
            for needed in operation.get("security", document["security"]):
                self.assertLessEqual(set(needed), set(document["components"]["securitySchemes"]), where)
            for code, response in operation["responses"].items():
                response = resolve(document, response)
                self.assertRegex(code, r"^[1-5]\d\d$", where)
                self.assertTrue(response["description"], f"{where} {code}")
                kind = "application/problem+json" if int(code) >= 400 else None
                if kind and path != "/api/push":
                    self.assertIn(kind, response["content"], f"{where} {code}")


class OpenApi(EndToEnd, Lint):
    providers = ("fcm",)

    def setUp(self):
        super().setUp()
        self.stack.start_redis()
        self.stack.start_sandbox()
        self.port, sections = listening(all=key_section("key"), sender=key_section("send", scopes=["send"]),
                                        tight=key_section("tight", per_minute=1))
        folder = self.stack.directory
        (folder / "mapping.json").write_text(json.dumps(self.mapping()))
        (folder / "bearer").write_text("hook-secret-0123456789\n")
        sections["http.sources.shop"] = {"verify": "bearer", "secret_file": str(folder / "bearer"),
                                         "mapping_file": str(folder / "mapping.json")}
        self.stack.start_engine(sections)
        self.api = Api(self.port, "key")
        self.document = self.api.call("GET", "/openapi.json").json()
        self.covered = set()

    @staticmethod
    def mapping():
        return {"when": [{"pointer": "/kind", "equals": "order"}],
                "job": {"message": {"title": "Order"}, "recipients": [{"platform": "android", "token": "{{/token}}"}]}}

    def validator(self, schema):
        return jsonschema.Draft202012Validator({"$id": "https://duru.dev/openapi", "components": self.document["components"],
                                                "allOf": [schema]})

    def verify(self, path, method, answer):
        operation = self.document["paths"][path][method]
        self.assertIn(str(answer.status), operation["responses"], f"{method} {path}: {answer}")
        response = resolve(self.document, operation["responses"][str(answer.status)])
        kind = answer.headers["content-type"].partition(";")[0]
        self.assertIn(kind, response["content"], f"{method} {path}: {answer}")
        body = answer.body if kind == "text/plain" else answer.json()
        self.validator(response["content"][kind]["schema"]).validate(body)
        for name, header in response.get("headers", {}).items():
            if resolve(self.document, header).get("required"):
                self.assertIn(name.lower(), answer.headers, f"{method} {path} {answer.status}")
        self.covered.add((path, method, answer.status))
        return answer

    def ask(self, path, method="post", body=None, api=None, headers=(), **names):
        target = re.sub(r"{(\w+)}", lambda found: names[found[1]], path)
        answer = (api or self.api).call(method.upper(), target + names.get("query", ""), body, headers)
        return self.verify(path, method, answer)

    def refusals(self, path, method, body, headers=(), **names):
        """What every guarded operation answers alike."""
        fresh = Api(self.port, "wrong", source="127.0.0.9")
        self.assertEqual(401, self.ask(path, method, body, fresh, headers, **names).status)
        tight = Api(self.port, "tight")
        self.ask(path, method, body, tight, headers, **names)
        self.assertEqual(429, self.ask(path, method, body, tight, headers, **names).status)
        with self.stack.redis() as redis:
            redis.command("DEL", self.stack.key("requests:key:tight"))
        if method != "post" or "pause" in path or "resume" in path:
            self.assertEqual(403, self.ask(path, method, body, Api(self.port, "send"), headers, **names).status)

    def test_the_document_is_sound(self):
        self.check(self.document)
        schema = json.loads((pathlib.Path(__file__).resolve().parents[3] / "docs/job.schema.json").read_text())
        self.assertNotEqual(schema.pop("$id"), schema.pop("$schema"))
        here = json.dumps(self.document["components"]["schemas"]["Job"]).replace("#/components/schemas/Job/$defs/", "#/$defs/")
        self.assertEqual(schema, json.loads(here), "the job's schema is said once")

    def test_jobs(self):
        path = "/v1/jobs"
        document = job("a", id="one")
        self.validator({"$ref": "#/components/schemas/Job"}).validate(document)
        for again in (False, True):
            answer = self.ask(path, body=document, query="?lane=high")
            self.assertEqual((202, again), (answer.status, "idempotent-replayed" in answer.headers))
        for lane in ("fast", "results"):
            self.assertEqual(400, self.ask(path, body=document, query=f"?lane={lane}").status)
        self.assertEqual(403, self.ask(path, body=job("a", tenant="other")).status)
        self.assertEqual(415, self.ask(path, body=document, headers={"Content-Type": "text/html"}).status)
        self.assertEqual(422, self.ask(path, body=job("b", id="one")).status)
        self.assertEqual(422, self.ask(path, body="{").status)
        self.refusals(path, "post", job("c"))
        status = wait_until(lambda: (now := self.ask("/v1/jobs/{id}", "get", id="one")).json()["state"] == "done" and now,
                            20, "the job done")
        self.assertEqual(200, status.status)
        for path, method in (("/v1/jobs/{id}", "get"), ("/v1/jobs/{id}", "delete"), ("/v1/jobs/{id}/pause", "post"),
                             ("/v1/jobs/{id}/resume", "post")):
            self.assertEqual(404, self.ask(path, method, id="none").status)
            self.refusals(path, method, None, id="one")
            if method != "get":
                self.assertEqual(409, self.ask(path, method, id="one").status)
        self.stack.ctl("lane", "pause", "normal")
        self.ask("/v1/jobs", body=job("x", id="held"))
        for path, method in (("/v1/jobs/{id}/pause", "post"), ("/v1/jobs/{id}/resume", "post"), ("/v1/jobs/{id}", "delete")):
            self.assertEqual(200, self.ask(path, method, id="held").status)

    def test_audiences(self):
        path, kind = "/v1/audiences/{name}", {"Content-Type": "application/x-ndjson"}
        line = '{"platform":"android","token":"a"}\n'
        self.assertEqual(202, self.ask(path, body=line, headers=kind, name="a").status)
        self.assertEqual(422, self.ask(path, body="{}\n", headers=kind, name="a").status)
        self.assertEqual(415, self.ask(path, body=line, name="a").status)
        self.assertEqual(404, self.ask(path, body=line, headers=kind, name="a b".replace(" ", "%20")).status)
        self.refusals(path, "post", line, kind, name="a")

    def test_webhooks(self):
        path, proof = "/v1/webhooks/{source}", {"Authorization": "Bearer hook-secret-0123456789", "X-API-Key": None}
        order = {"kind": "order", "token": "t"}
        self.assertIn("id", self.ask(path, body=order, headers=proof, source="shop").json())
        self.assertEqual({"filtered": True}, self.ask(path, body={"kind": "chat"}, headers=proof, source="shop").json())
        self.assertEqual(422, self.ask(path, body={"kind": "order"}, headers=proof, source="shop").status)
        self.assertEqual(404, self.ask(path, body=order, headers=proof, source="none").status)
        self.assertEqual(401, self.ask(path, body=order, api=Api(self.port), source="shop").status)

    def test_gorush(self):
        body = {"notifications": [{"tokens": ["a"], "platform": 2, "message": "Hi"}]}
        self.assertEqual(200, self.ask("/api/push", body=body).status)
        self.assertEqual(400, self.ask("/api/push", body={}).status)

    def test_process_and_what_redis_away_means(self):
        for path in ("/healthz", "/readyz", "/openapi.json"):
            self.assertEqual(200, self.ask(path, "get", api=Api(self.port)).status)
        self.stack.redis_process().kill()
        wait_until(lambda: self.ask("/readyz", "get").status == 503, 20, "not ready")
        kind = {"Content-Type": "application/x-ndjson"}
        line = '{"platform":"android","token":"a"}\n'
        for path, method, operation, _ in operations(self.document):
            if "503" not in operation["responses"] or path in ("/healthz", "/readyz", "/v1/webhooks/{source}"):
                continue
            body, headers = (line, kind) if "audiences" in path else (job("a"), ())
            if path == "/api/push":
                body = {"notifications": [{"tokens": ["a"], "platform": 2, "message": "Hi"}]}
            self.assertEqual(503, self.ask(path, method, body, headers=headers, id="a", name="a").status)

    def test_every_operation_is_covered_above(self):
        called = {"/v1/jobs", "/v1/jobs/{id}", "/v1/jobs/{id}/pause", "/v1/jobs/{id}/resume", "/v1/audiences/{name}",
                  "/v1/webhooks/{source}", "/api/push", "/healthz", "/readyz", "/openapi.json"}
        self.assertEqual(called, set(self.document["paths"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
