#pragma once

// What a mail looks like when an app has no templates of its own.

#include <string_view>

namespace dispatch {

inline constexpr std::string_view default_text_template =
    "{{#title}}{{title}}\n\n{{/title}}"
    "{{#body}}{{body}}\n\n{{/body}}"
    "{{#link}}{{link}}\n\n{{/link}}"
    "{{#unsubscribe}}-- \nUnsubscribe: {{unsubscribe}}\n{{/unsubscribe}}";

// Styles stand at the elements: many mail programs drop a <style> block. pre-line keeps the body's lines.
inline constexpr std::string_view default_html_template =
    R"(<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
</head>
<body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a">
<div style="max-width:600px;margin:0 auto">
{{#title}}<h1 style="font-size:20px;margin:0 0 16px">{{title}}</h1>
{{/title}}{{#body}}<p style="margin:0 0 16px;white-space:pre-line">{{body}}</p>
{{/body}}{{#image}}<p style="margin:0 0 16px"><img src="{{image}}" alt="" style="max-width:100%;height:auto"></p>
{{/image}}{{#link}}<p style="margin:0 0 16px"><a href="{{link}}">{{link}}</a></p>
{{/link}}{{#unsubscribe}}<p style="margin:32px 0 0;font-size:12px;color:#666666"><a href="{{unsubscribe}}">Unsubscribe</a></p>
{{/unsubscribe}}</div>
</body>
</html>
)";

}  // namespace dispatch
