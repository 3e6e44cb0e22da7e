// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/page.h"

#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr const char* kCss = R"css(
:root{--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5d6b7c;--line:#e2e6eb;--main:#2563b8;
--good:#1d7a46;--bad:#b42318;color-scheme:light dark}
@media screen and (prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2028;--ink:#e6eaf0;
--soft:#98a5b5;--line:#2b3440;--main:#6ea8f5;--good:#5cc48a;--bad:#f58478}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:28px 20px 48px}
h1{font-size:26px;margin:0;overflow-wrap:anywhere}
h2{font-size:16px;margin:32px 0 10px}
.facts{display:flex;flex-wrap:wrap;gap:4px 22px;margin:6px 0 18px;padding:0;color:var(--soft);
list-style:none}
.facts b{color:var(--ink);font-weight:600;overflow-wrap:anywhere}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:10px}
.card{padding:6px 16px;overflow-x:auto}
.card+.card{margin-top:12px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:7px 10px 7px 0;text-align:left;border-bottom:1px solid var(--line);
white-space:nowrap}
tr:last-child>td,tr:last-child>th{border-bottom:0}
th{color:var(--soft);font-weight:500;font-size:13px}
.n{text-align:right;padding-right:18px}
td .soft{display:block}
td.v{text-align:right;font-weight:600;padding-right:18px}
td.m{white-space:normal;min-width:180px}
td.m,.note,.soft{color:var(--soft);font-size:13px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(400px,100%),1fr));gap:16px;
margin-top:16px;align-items:start}
.curves{grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr))}
figure{margin:0;padding:14px 16px}
figure.wide{grid-column:1/-1}
figcaption{font-weight:600;margin-bottom:8px}
figure svg{display:block;width:100%;max-width:460px;margin:auto}
.note{margin:6px 0 0}
.bar{width:240px;height:14px;display:block}
.track{stroke:var(--line);stroke-width:3;stroke-linecap:round}
.span{fill:var(--main);opacity:.4}
.dot{fill:var(--main)}
.forest{max-width:430px}
.whisker{stroke:var(--main);stroke-width:3;stroke-linecap:round;opacity:.45}
.label{fill:var(--ink);font-size:12px}
.number{fill:var(--ink);font-size:12px;font-variant-numeric:tabular-nums}
.pale{opacity:.45}
.grid{stroke:var(--line)}
.tick,.axis{fill:var(--soft);font-size:11px}
.fill{fill:var(--main);opacity:.3}
.point{fill:var(--main);opacity:.4}
.diagonal{fill:none;stroke:var(--soft);stroke-dasharray:4 4}
.curve{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.raw{stroke-width:1;opacity:.35}
.dashed{stroke-dasharray:5 3}
.mark{fill:var(--c)}
.point-name{fill:var(--ink);font-size:11px;paint-order:stroke;stroke:var(--card);stroke-width:3}
.best{fill:var(--card);stroke:var(--c);stroke-width:2}
.hit{fill:transparent;stroke:none}.hit:hover{fill:var(--c)}
.key{color:var(--ink);white-space:nowrap;margin-right:8px}
.key::before{content:"";display:inline-block;width:14px;height:3px;margin-right:5px;
vertical-align:middle;background:var(--c);border-radius:2px}
.settings{table-layout:fixed}
.settings th,.settings td{white-space:normal;overflow-wrap:anywhere;vertical-align:top}
.settings th:first-child{width:200px}
.settings .key{white-space:normal}
.range{stroke:var(--c);stroke-width:3;opacity:.45}
.c0,.k0{--c:var(--main)}.c1,.k1{--c:#e07b2f}.c2,.k2{--c:#2a9d6f}.c3,.k3{--c:#c94f6d}
.c4,.k4{--c:#8a63d2}
.c5,.k5{--c:#a1793f}.c6,.k6{--c:#d45fb4}.c7,.k7{--c:#7c8794}.c8,.k8{--c:#a8a52c}
.c9,.k9{--c:#28a9bd}
.scroll{overflow-x:auto}
.matrix{width:auto;margin:auto;border-collapse:separate;border-spacing:3px}
.matrix th,.matrix td{border:0;padding:5px 9px;text-align:right}
.matrix td{border-radius:5px;min-width:44px}
.matrix td.right{background:color-mix(in srgb,var(--main) var(--s),var(--card))}
.matrix td.wrong{background:color-mix(in srgb,var(--bad) var(--s),var(--card))}
.matrix td.full{color:var(--card)}
.gate{display:inline-block;min-width:46px;text-align:center;border-radius:5px;padding:0 7px;
font-weight:600;font-size:13px;color:var(--card)}
.pass{background:var(--good)}.fail{background:var(--bad)}.open{background:var(--soft)}
td.w{white-space:normal;overflow-wrap:anywhere;min-width:140px}
td.hash{font:12px/1.5 ui-monospace,monospace;white-space:normal;overflow-wrap:anywhere;
color:var(--soft);min-width:160px}
details{margin-top:12px}
summary{cursor:pointer;color:var(--soft);font-size:13px;margin-bottom:8px}
td .narrow{display:none}
figure.wide+figure.wide{margin-top:16px}
.sentences{margin:0;padding-left:20px}
.verdict{font-size:17px;margin:0 0 14px}
.scale{display:flex;justify-content:space-between;width:240px}
@media(max-width:640px){main{padding:18px 12px 36px}.card{padding:4px 12px}
.metrics{font-size:13px}.bar,.scale{width:90px}h1{font-size:22px}
th,td{padding-right:8px}.n,td.v{padding-right:10px}.metrics .wide{display:none}
.metrics td.m,.metrics th:nth-child(5){display:none}
.metrics td .narrow{display:block;font-weight:400}
.gates tr{display:flex;flex-wrap:wrap;gap:0 8px;border-bottom:1px solid var(--line)}
.gates tr:first-child{display:none}.gates td{border:0}
.gates td.m{flex-basis:100%;padding-top:0}}
footer{margin-top:28px;color:var(--soft);font-size:13px}
@media print{body{background:#fff;font-size:11pt}main{max-width:none;padding:0}
.card,figure{break-inside:avoid}.card,.scroll{overflow:visible}h2{break-after:avoid}
.charts{grid-template-columns:1fr 1fr}details:not([open]){display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

}  // namespace

std::string page_fact(const std::string& name, const std::string& value) {
  if (value.empty()) return {};
  return "<li>" + name + " <b>" + escape_html(value) + "</b></li>";
}

std::string html_page(const std::string& title, const std::string& body,
                      const std::string& footer) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
         "style-src 'unsafe-inline'\"><title>" +
         escape_html(title) + "</title><style>" + kCss + "</style></head><body><main>\n" + body +
         "<footer>candor · " + footer + "</footer></main></body></html>\n";
}

}  // namespace candor
