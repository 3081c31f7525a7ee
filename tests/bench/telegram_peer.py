"""The peer of the Telegram bench: a bare ``Application`` with ``ConversationHandler`` and ``PicklePersistence``.

Answers every line with a fixed text. Started as ``python telegram_peer.py`` with the variables of ours.
"""

import os
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)

ASKING = 0
ANSWER = "Anh/chị gửi chứng thư số, hoặc cho biết đơn vị đã thay đổi thế nào."


async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    assert update.message is not None
    await update.message.reply_text(ANSWER)
    return ASKING


def main() -> None:
    url = os.environ["TROLY_TELEGRAM_API_URL"]
    stored = PicklePersistence(Path(os.environ["TROLY_DATA_DIR"]) / "peer.pickle")
    builder = Application.builder().token(os.environ["TROLY_TELEGRAM_TOKEN"]).persistence(stored)
    application = builder.base_url(f"{url}/bot").base_file_url(f"{url}/file/bot").build()
    conversation: ConversationHandler[Any] = ConversationHandler(
        entry_points=[CommandHandler("start", answer)],
        states={ASKING: [MessageHandler(filters.TEXT, answer)]},
        fallbacks=[],
        name="bench",
        persistent=True,
    )
    application.add_handler(conversation)
    application.run_polling()


if __name__ == "__main__":
    main()
