// The job parser and the templates: what every notification pays before it is sent. Documents are as
// scripts/bench has them: 340 bytes with one recipient, and 500 recipients.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "core/job/job_parser.hpp"
#include "core/job/text_template.hpp"

namespace {

using dispatch::body_template;
using dispatch::job;
using dispatch::job_parser;

/// A token of FCM's length (152 in single documents, so that these come to 340 bytes).
std::string token(std::size_t number, std::size_t length) {
  std::string out = "d" + std::to_string(number) + ":APA91b";
  while (out.size() < length) out += "HPRgkF3JUikC4ENAHEeMrd41Zxv3hVZjC9KtT8OvPVGJ-hQMRKRrZuJAEcl7B";
  out.resize(length);
  return out;
}

std::string single_document() {
  std::string out =
      R"({"message":{"title":"Note shared","body":"{{name}} shared a note with you","data":{"note":"{{note_id}}"}},)"
      R"("recipients":[{"platform":"android","token":")" +
      token(1, 152) + R"(","vars":{"name":"Ada","note_id":"7"}}]})";
  return out;
}

/// The document of the contract with every field one notification may use.
std::string rich_document() {
  return R"({"id":"digest-2026-11-23-00001","tenant":"duru-notes","app":"default","expires_at":"2026-11-24T00:00:00Z",)"
         R"("collapse_key":"digest","priority":"high","message":{"title":"Hi {{name}}","body":"Your digest is \"ready\": )"
         R"({{count}} notes were shared with you this week.","image":"https://img.example.com/digest/{{note_id}}.png",)"
         R"("link":"https://notes.example.com/n/{{note_id}}","data":{"note":"{{note_id}}","kind":"digest"},"badge":1,)"
         R"("sound":"default"},"recipients":[{"id":"u1","platform":"android","token":")" +
         token(1, 152) + R"(","vars":{"name":"Ada","note_id":"7","count":12}}]})";
}

std::string bulk_document() {
  std::string out =
      R"({"message":{"title":"Hi {{name}}","body":"Your digest is ready","data":{"note":"{{note_id}}"}},"recipients":[)";
  for (std::size_t i = 0; i < 500; ++i) {
    if (i) out += ',';
    out += R"({"id":"u)" + std::to_string(i) + R"(","platform":"android","token":")" + token(i, 152) +
           R"(","vars":{"name":"Ada","note_id":")" + std::to_string(i) + "\"}}";
  }
  return out + "]}";
}

std::unique_ptr<job> parsed(job_parser& parser, std::string document) {
  auto result = parser.parse(std::move(document));
  if (!std::holds_alternative<std::unique_ptr<job>>(result)) std::abort();
  return std::move(std::get<std::unique_ptr<job>>(result));
}

/// Includes making and destroying the job and its document, as intake does.
void parse(benchmark::State& state, const std::string& document) {
  job_parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parsed(parser, document));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(document.size()));
  state.counters["document_bytes"] = static_cast<double>(document.size());
}

void parse_bulk(benchmark::State& state) {
  parse(state, bulk_document());
  state.SetItemsProcessed(state.iterations() * 500);
}

void subset_of_bulk(benchmark::State& state) {
  job_parser parser;
  const auto source = parsed(parser, bulk_document());
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < 128; ++i) positions.push_back(i * 3);
  for (auto _ : state) benchmark::DoNotOptimize(dispatch::subset_document(*source, positions, true));
}

/// A body as FCM gets it, some 400 bytes.
void render(benchmark::State& state) {
  job_parser parser;
  const auto source = parsed(parser, single_document());
  body_template body;
  body.append_literal(R"({"message":{"token":")");
  body.append_hole(body_template::hole::target);
  body.append_literal(R"(","notification":{"title":")");
  body.append_text(source->message.title);
  body.append_literal(R"(","body":")");
  body.append_text(source->message.body);
  body.append_literal(R"("},"data":{"note":")");
  body.append_text(source->message.data[0].second);
  body.append_literal(R"(","dispatch_id":")");
  body.append_hole(body_template::hole::dedupe_key);
  body.append_literal(R"("},"android":{"notification":{"tag":")");
  body.append_hole(body_template::hole::dedupe_key);
  body.append_literal(R"("}}}})");
  const auto key = dispatch::dedupe_key::of("default", "1-0", 0);
  std::size_t bytes = 0;
  for (auto _ : state) {
    std::string out;
    std::string_view missing;
    if (body.render(*source, source->recipients[0], key.text(), 4'096, out, missing) !=
        dispatch::fill_status::ok)
      std::abort();
    bytes = out.size();
    benchmark::DoNotOptimize(out);
  }
  state.counters["body_bytes"] = static_cast<double>(bytes);
}

void escape(benchmark::State& state, const std::string& text) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    dispatch::append_json_escaped(out, text);
    benchmark::DoNotOptimize(out);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void dedupe(benchmark::State& state) {
  std::uint64_t index = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(dispatch::dedupe_key::of("default", "1700000000000-0", index++));
}

BENCHMARK_CAPTURE(parse, single, single_document());
BENCHMARK_CAPTURE(parse, rich, rich_document());
BENCHMARK(parse_bulk)->Unit(benchmark::kMicrosecond);
BENCHMARK(subset_of_bulk)->Unit(benchmark::kMicrosecond);
BENCHMARK(render);
BENCHMARK_CAPTURE(escape, token, token(1, 152));
BENCHMARK_CAPTURE(escape, utf8,
                  std::string("Ger\u00e7ekten \u00e7ok g\u00fczel bir g\u00fcn, \U0001f600 de\u011fil mi?"));
BENCHMARK(dedupe);

}  // namespace
