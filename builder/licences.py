"""``licences.txt``: whose work the site contains, and under which terms."""

import re
from importlib import metadata
from pathlib import Path

from builder import paths
from builder.site_plan import SitePlan

_RULE = "\n" + "=" * 78 + "\n\n"

# The MIT licence asks that its text travel with the copies; the npm package does not carry it.
_MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

_COPYRIGHT = re.compile(r"Copyright \([cC]\)[^\n*]*")


def licences_text(plan: SitePlan, runtime_module: bytes) -> str:
    """Write the notices of Livematte, the runtime, the models, the clip and the backgrounds.

    Args:
        plan: the site.
        runtime_module: the runtime's module, whose banner names the copyright holder.
    """
    runtime = plan.runtime
    banner = runtime_module[:2000].decode("utf-8", "replace")
    holder = _COPYRIGHT.search(banner)
    sections = [
        f"Livematte {plan.version}\nLicence: Apache-2.0 (its text is at the end)\n",
        f"{runtime.package} {runtime.version}\nLicence: {runtime.licence}\n{runtime.source}\n"
        + (f"{holder[0].strip()}\n" if holder else "")
        + "What it contains of others: "
        + f"{runtime.source}/blob/v{runtime.version}/ThirdPartyNotices.txt\n"
        + (
            "Changed: one copy lacks functions that the models do not call\n"
            * bool(runtime.reduced)
        )
        + (f"\n{_MIT}" if runtime.licence == "MIT" else ""),
    ]
    sections += [
        f"Model {model.name}: {model.title['en']}\nLicence: {model.licence}\n"
        f"{model.homepage}\nMade from: {model.origin}; converted to ONNX, and quantized where its "
        "name says so\n"
        for model in plan.models
    ]
    if plan.demo.credit:
        sections.append(f"Demonstration clip\n{plan.demo.credit}\n")
    if plan.backgrounds.pictures:
        titles = ", ".join(each.title for each in plan.backgrounds.pictures)
        terms = plan.backgrounds.terms or "Ask those who publish this site for their terms."
        sections.append(f"Background pictures of this site: {titles}\n{terms}\n")
    sections.append(
        _apache_licence() or "Apache-2.0: https://www.apache.org/licenses/LICENSE-2.0\n"
    )
    return _RULE.join(sections)


def _apache_licence() -> str | None:
    """Read Livematte's own LICENSE, from the checkout or from the installed package."""
    try:
        return (Path(paths.DATA_DIR) / "LICENSE").read_text("utf-8")
    except FileNotFoundError:
        pass
    try:
        return metadata.distribution("livematte").read_text("licenses/LICENSE")
    except metadata.PackageNotFoundError:
        return None
