#include "core/job/job_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/job/expansion.hpp"
#include "core/job/field_reader.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_depth = 32;
constexpr std::size_t max_id_bytes = 128;
constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t max_collapse_key_bytes = 64;  // apns-collapse-id's limit, the narrowest
/// A tree takes some twelve times its document; beyond this size the buffers are not kept.
constexpr std::size_t max_kept_buffer_bytes = 512u << 10;

enum class job_field : std::uint8_t {
  id,
  tenant,
  app,
  send_at,
  expires_at,
  collapse_key,
  priority,
  message,
  overrides,
  recipients,
  audience,
  dry_run
};
constexpr std::array<std::string_view, 12> job_names{"id",         "tenant",       "app",      "send_at",
                                                     "expires_at", "collapse_key", "priority", "message",
                                                     "overrides",  "recipients",   "audience", "dry_run"};

std::string_view describe(simdjson::error_code error) noexcept {
  switch (error) {
    case simdjson::EMPTY:
      return "the document is empty";
    case simdjson::UTF8_ERROR:
      return "the document is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "the document is nested deeper than 32 levels";
    case simdjson::NUMBER_ERROR:
      return "not JSON: a number is malformed or too large";
    case simdjson::STRING_ERROR:
      return "not JSON: a string is malformed";
    case simdjson::UNCLOSED_STRING:
      return "not JSON: a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "not JSON: a control character in a string is not escaped";
    default:
      return "not JSON";
  }
}

bool read_priority(field_reader& fields, simdjson::dom::element value, device_priority& out) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    if (text == "high") return out = device_priority::high, true;
    if (text == "normal") return out = device_priority::normal, true;
  }
  return fields.fail("must be \"high\" or \"normal\"");
}

/// One document on its way into a job.
class document_reader {
 public:
  document_reader(field_reader& fields, const job_limits& limits, job& into)
      : fields_(fields), limits_(limits), job_(into) {}

  bool read(simdjson::dom::element root, std::span<const std::uint64_t> indices) {
    simdjson::dom::object members;
    if (!fields_.object(root, members)) return false;
    for (const auto [key, value] : members) {
      job_field which{};
      if (!seen_.take(fields_, key, which) || !read_field(which, value)) return fields_.within(key);
    }
    if (!check_content() || !check_recipients()) return false;
    // Only of the whole job: of those that are left, all may be too large while others were sent.
    if (indices.empty() && !check_expansion()) return false;
    return number_recipients(indices);
  }

  /// What the recipients of other documents share.
  bool read_content(simdjson::dom::element root) {
    simdjson::dom::object members;
    if (!fields_.object(root, members)) return false;
    for (const auto [key, value] : members) {
      job_field which{};
      if (!seen_.take(fields_, key, which)) return fields_.within(key);
      if (which == job_field::recipients || which == job_field::audience) {
        fields_.fail("does not belong to a job's content");
        return fields_.within(key);
      }
      if (!read_field(which, value)) return fields_.within(key);
    }
    return check_content();
  }

  /// Recipients alone.
  bool read_rest(simdjson::dom::element root, std::span<const std::uint64_t> indices) {
    simdjson::dom::object members;
    if (!fields_.object(root, members)) return false;
    for (const auto [key, value] : members) {
      job_field which{};
      if (!seen_.take(fields_, key, which)) return fields_.within(key);
      if (which != job_field::recipients) {
        fields_.fail("does not belong beside the recipients of a rest");
        return fields_.within(key);
      }
      if (!read_field(which, value)) return fields_.within(key);
    }
    if (!seen_.has(job_field::recipients)) return missing("recipients", "is required");
    return number_recipients(indices);
  }

 private:
  bool read_field(job_field which, simdjson::dom::element value) {
    switch (which) {
      case job_field::id:
        return fields_.text(value, max_id_bytes, name_with_dot | colon, job_.id);
      case job_field::tenant:
        return fields_.text(value, max_name_bytes, name_characters, job_.tenant);
      case job_field::app:
        return fields_.text(value, max_name_bytes, name_characters, job_.app);
      case job_field::send_at:
        return fields_.time(value, job_.send_at);
      case job_field::expires_at:
        return fields_.time(value, job_.expires_at);
      case job_field::collapse_key:
        return fields_.text(value, max_collapse_key_bytes, no_control, job_.collapse_key);
      case job_field::priority:
        return read_priority(fields_, value, job_.priority);
      case job_field::message:
        return read_message(fields_, value, job_.message);
      case job_field::overrides:
        return read_overrides(fields_, value, job_.document, job_.overrides);
      case job_field::recipients:
        return read_recipients(value);
      case job_field::audience:
        return fields_.text(value, max_id_bytes, name_with_dot, job_.audience);
      case job_field::dry_run:
        return fields_.boolean(value, job_.dry_run);
    }
    return false;
  }

  bool read_recipients(simdjson::dom::element value) {
    simdjson::dom::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return fields_.fail("must be an array");
    const auto count = array.size();
    if (count == 0) return fields_.fail("must not be empty");
    if (count > limits_.max_recipients)
      return fields_.fail(fmt::format("more than {} recipients", limits_.max_recipients));
    job_.recipients.reserve(count);
    for (const auto element : array) {
      if (!read_recipient(fields_, element, job_, job_.recipients.emplace_back()))
        return fields_.within(job_.recipients.size() - 1);
      // Most jobs have the same variables for everyone.
      if (job_.recipients.size() == 1) job_.variables.reserve(expected_variables(count));
    }
    return true;
  }

  std::size_t expected_variables(std::size_t recipients) const noexcept {
    constexpr std::size_t least_bytes_each = 7;  // "a":"",
    return std::min(job_.variables.size() * recipients, job_.document.size() / least_bytes_each);
  }

  bool missing(std::string_view key, std::string_view why) {
    fields_.fail(why);
    return fields_.within(key);
  }

  bool check_content() {
    if (!seen_.has(job_field::message)) return missing("message", "is required");
    const auto& m = job_.message;
    const auto& o = job_.overrides;
    const bool has_message = !m.title.empty() || !m.body.empty() || !m.image.empty() || !m.link.empty() ||
                             !m.sound.empty() || m.badge || !m.data.empty();
    const bool has_override =
        !o.android.empty() || !o.apns.empty() || !o.webpush.empty() || !o.email.empty() || !o.webhook.empty();
    if (!has_message && !has_override) return missing("message", "must not be empty without overrides");
    if (job_.send_at && job_.expires_at && *job_.expires_at <= *job_.send_at)
      return missing("expires_at", "must be after send_at");
    return true;
  }

  bool check_recipients() {
    if (seen_.has(job_field::recipients) && seen_.has(job_field::audience))
      return missing("audience", "cannot stand beside recipients");
    if (!seen_.has(job_field::recipients) && !seen_.has(job_field::audience))
      return missing("recipients", "recipients or an audience is required");
    return true;
  }

  bool check_expansion() {
    auto problem = too_many_placeholders(job_);
    if (!problem) problem = fits_nobody(job_);
    if (problem) fields_.error() = std::move(*problem);
    return !problem;
  }

  bool number_recipients(std::span<const std::uint64_t> indices) {
    if (!indices.empty() && indices.size() != job_.recipients.size())
      return missing("recipients", fmt::format("{} recipients, but {} original positions",
                                               job_.recipients.size(), indices.size()));
    for (std::size_t i = 0; i < job_.recipients.size(); ++i)
      job_.recipients[i].index = indices.empty() ? i : indices[i];
    return true;
  }

  field_reader& fields_;
  const job_limits& limits_;
  job& job_;
  field_set<job_field, job_names.size()> seen_{job_names};
};

/// Its text lives as long as `content`, which the rest keeps.
void share(std::shared_ptr<const job> content, job& rest) {
  rest.tenant = content->tenant;
  rest.id = content->id;
  rest.app = content->app;
  rest.send_at = content->send_at;
  rest.expires_at = content->expires_at;
  rest.collapse_key = content->collapse_key;
  rest.priority = content->priority;
  rest.dry_run = content->dry_run;
  rest.content = std::move(content);
}

}  // namespace

struct job_parser::state {
  explicit state(job_limits given) : limits(given) {}

  simdjson::error_code parse(std::string_view json, simdjson::dom::element& out) {
    if (!buffer || buffer_bytes < json.size()) {
      const auto grown = std::max(json.size(), std::size_t{4096});
      buffer = std::make_unique_for_overwrite<char[]>(grown + simdjson::SIMDJSON_PADDING);
      buffer_bytes = grown;
    }
    if (tree.capacity() < json.size()) {
      if (const auto error = tree.allocate(buffer_bytes, max_depth)) return error;
    }
    std::memcpy(buffer.get(), json.data(), json.size());
    std::memset(buffer.get() + json.size(), 0, simdjson::SIMDJSON_PADDING);
    return tree.parse(buffer.get(), json.size(), false).get(out);
  }

  void drop_large_buffers() {
    if (buffer_bytes <= max_kept_buffer_bytes) return;
    tree = simdjson::dom::parser();
    buffer.reset();
    buffer_bytes = 0;
  }

  job_limits limits;
  simdjson::dom::parser tree;
  std::unique_ptr<char[]> buffer;  ///< simdjson reads past the end, so documents are copied to where it may
  std::size_t buffer_bytes = 0;
};

job_parser::job_parser(job_limits limits) : state_(std::make_unique<state>(limits)) {}
job_parser::~job_parser() = default;
job_parser::job_parser(job_parser&&) noexcept = default;
job_parser& job_parser::operator=(job_parser&&) noexcept = default;

std::variant<std::unique_ptr<job>, job_error> job_parser::parse(std::string document,
                                                                std::span<const std::uint64_t> indices) {
  return parse(std::move(document), indices, part::whole, nullptr);
}

std::variant<std::unique_ptr<job>, job_error> job_parser::parse_content(std::string document) {
  return parse(std::move(document), {}, part::content, nullptr);
}

std::variant<std::unique_ptr<job>, job_error> job_parser::parse_rest(std::string document,
                                                                     std::span<const std::uint64_t> indices,
                                                                     std::shared_ptr<const job> content) {
  return parse(std::move(document), indices, part::rest, std::move(content));
}

std::variant<std::unique_ptr<job>, job_error> job_parser::parse(std::string document,
                                                                std::span<const std::uint64_t> indices,
                                                                part of, std::shared_ptr<const job> content) {
  if (document.size() > state_->limits.max_document_bytes) {
    auto text = fmt::format("the document is larger than {} bytes", state_->limits.max_document_bytes);
    return job_error{"", std::move(text), std::move(document)};
  }
  auto result = std::make_unique<job>();
  result->document = std::move(document);
  result->arena_ = std::make_unique_for_overwrite<char[]>(result->document.size() + 1);
  result->tenant = result->app = "default";
  if (content) share(std::move(content), *result);

  field_reader fields(result->arena_.get());
  document_reader reader(fields, state_->limits, *result);
  simdjson::dom::element root;
  const auto error = state_->parse(result->document, root);
  const bool good = error                 ? fields.fail(describe(error))
                    : of == part::content ? reader.read_content(root)
                    : of == part::rest    ? reader.read_rest(root, indices)
                                          : reader.read(root, indices);
  state_->drop_large_buffers();
  if (good) return result;
  fields.error().document = std::move(result->document);
  return std::move(fields.error());
}

std::optional<job_error> job_parser::check_recipient(std::string_view json) {
  if (json.size() > state_->limits.max_document_bytes)
    return job_error{"", fmt::format("larger than {} bytes", state_->limits.max_document_bytes)};
  job scratch;
  recipient read;
  const auto arena = std::make_unique_for_overwrite<char[]>(json.size() + 1);
  field_reader fields(arena.get());
  simdjson::dom::element root;
  const auto error = state_->parse(json, root);
  const bool good = error ? fields.fail(describe(error)) : read_recipient(fields, root, scratch, read);
  state_->drop_large_buffers();
  if (good) return std::nullopt;
  return std::move(fields.error());
}

}  // namespace dispatch
