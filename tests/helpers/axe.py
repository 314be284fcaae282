"""What axe-core finds on a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")


def serious_faults(page: Page) -> list[str]:
    """The serious faults of accessibility, once nothing fades in any more."""
    page.wait_for_timeout(500)
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
