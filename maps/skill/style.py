"""How the skill page looks: dark on light, one column on a phone, two on a screen."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;padding:0 1rem 3rem;max-width:76rem;background:#fbfaf6;color:#1d252c;
font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:.6rem 0 .2rem}
h2{font-size:1.25rem;margin:2rem 0 .5rem;border-bottom:2px solid #1d252c;padding-bottom:.2rem}
h3{font-size:1rem;margin:0 0 .4rem}
.lead{font-size:1.1rem;margin:.2rem 0}
.note{color:#3c4650;font-size:.9rem;margin:.4rem 0;max-width:60rem}
.banner{margin:0 -1rem;padding:.5rem 1rem;background:#1d252c;color:#fff;font-weight:600}
.banner.made{background:#ffd95e;color:#1d252c}
.charts{display:grid;grid-template-columns:1fr;gap:1rem}
figure{margin:0 0 1rem;padding:.7rem;background:#fff;border:1px solid #d5d7d3;border-radius:4px}
svg.chart{display:block;width:100%;max-width:34rem;height:auto}
svg.map{display:block;width:100%;max-width:60rem;height:auto}
svg.chart text{font:11px system-ui,"DejaVu Sans",sans-serif;fill:#1d252c}
svg.map text{font:8px system-ui,"DejaVu Sans",sans-serif;fill:#1d252c}
svg.key{width:34px;height:14px;vertical-align:-2px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:.5rem 0;padding:0;
font-size:.9rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem;background:#fff}
th,td{text-align:left;padding:.35rem .55rem;border:1px solid #d5d7d3;vertical-align:top;
font-variant-numeric:tabular-nums}
th{background:#eeebe2}
.passed{color:#00512f}.failed{color:#9a0d1e}.none{color:#3c4650}
details{margin:.6rem 0}
summary{cursor:pointer;font-weight:600;padding:.4rem 0}
@media (min-width:50rem){.charts{grid-template-columns:1fr 1fr}
svg.map text{font-size:4.5px}}
@media (max-width:40rem){svg.chart text{font-size:12.5px}
table.gates thead,table.classes thead{position:absolute;left:-999rem}
table.gates tr,table.classes tr{display:block;border:1px solid #8795a1;margin:0 0 .6rem}
table.gates td,table.classes td{display:flex;gap:.6rem;border:0;padding:.2rem .55rem}
table.gates td::before,table.classes td::before{content:attr(data-name);flex:0 0 6.5rem;
color:#3c4650}
table.gates td>*{flex:0 1 auto}}
@media print{details{display:block}body{background:#fff}}
"""
