"""What Python's own logging makes of configurations: cases as JSON in, what each file got as JSON out."""

import json
import logging
import logging.config
import os
import sys
import tempfile


def run(case):
    logging.Logger.manager.loggerDict.clear()
    for handler in list(logging.root.handlers):
        logging.root.removeHandler(handler)
    logging.root.setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "logging.conf")
        with open(path, "w") as conf:
            conf.write(case["conf"].replace("FOLDER", folder))
        try:
            logging.config.fileConfig(path, disable_existing_loggers=False)
        except Exception as error:
            return {"error": repr(error)}
        for name, level, message, created in case["records"]:
            logger = logging.getLogger(name)
            number = getattr(logging, level)
            record = logger.makeRecord(name, number, "", 0, message, (), None)
            record.created = created / 1000
            record.msecs = created % 1000
            if logger.isEnabledFor(number):
                logger.handle(record)
        logging.shutdown()
        os.remove(path)
        files = {name: open(os.path.join(folder, name)).read() for name in sorted(os.listdir(folder))}
        return {"files": {name: text for name, text in files.items() if text != ""}}


json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
