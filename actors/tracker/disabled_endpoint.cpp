#include "actors/tracker/disabled_endpoint.hpp"

#include "core/job/text_template.hpp"

namespace dispatch {

std::string disabled_endpoint_entry(std::string_view scope, const job& document, const recipient& who,
                                    std::string_view reason, epoch_ms now) {
  std::string out = R"({"scope":")";
  append_json_escaped(out, scope);
  out.append(R"(","url":")");
  append_json_escaped(out, who.target);
  out.append(R"(","tenant":")");
  append_json_escaped(out, document.tenant);
  out.append(R"(","reason":")");
  append_json_escaped(out, reason);
  out.append(R"(","at":)").append(std::to_string(now.count())).append("}");
  return out;
}

}  // namespace dispatch
