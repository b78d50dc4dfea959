// Style and script of the page: report.css and report.js of this folder, compiled in.
#pragma once

namespace clamp::apps {

extern const char* const kReportCss;
extern const char* const kReportJs;

}  // namespace clamp::apps
