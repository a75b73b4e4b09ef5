"""What QGIS makes of a server, asked with the system's own Python: a file in, a file out."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(asked, answered):
    from qgis.core import QgsApplication

    questions = json.loads(Path(asked).read_text(encoding="utf-8"))
    QgsApplication.setPrefixPath("/usr", useDefaultPaths=True)
    application = QgsApplication([], GUIenabled=False)
    application.initQgis()
    answers = [answer(**question) for question in questions]
    Path(answered).write_text(json.dumps(answers), encoding="utf-8")
    application.exitQgis()


def answer(address, name, box=None, condition="", most=-1):
    """One layer opened, asked and read, as plain values."""
    from qgis.core import QgsDataSourceUri, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

    uri = QgsDataSourceUri()
    for key, value in (("url", address), ("typename", name), ("pageSize", "10000"),
                       ("restrictToRequestBBOX", "1" if box else "0")):
        uri.setParam(key, value)
    layer = QgsVectorLayer(uri.uri(expandAuthConfig=False), name, "OAPIF")
    if not layer.isValid():
        return {"valid": False, "name": name}
    taken = layer.setSubsetString(condition) if condition else True
    request = QgsFeatureRequest().setLimit(most)
    if box:
        request.setFilterRect(QgsRectangle(*box))
    rows = list(layer.getFeatures(request))
    extent = layer.extent()
    return {
        "valid": True, "name": name, "count": layer.featureCount(), "taken": taken,
        "crs": layer.crs().authid(), "geometry": layer.isSpatial(),
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "fields": [field.name() for field in layer.fields()],
        "rows": [[make_plain(value) for value in row.attributes()] for row in rows],
        "shapes": [bytes(row.geometry().asWkb()).hex() if row.hasGeometry() else None
                   for row in rows],
    }


def make_plain(value):
    """A value of Qt as JSON has it."""
    from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QVariant

    if isinstance(value, QVariant):
        return None if value.isNull() else value.value()
    if isinstance(value, (QDate, QDateTime)):
        return value.toString(Qt.ISODate) or None
    return value


if __name__ == "__main__":
    main(*sys.argv[1:])
