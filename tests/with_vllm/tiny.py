"""A language model of 0.2 million weights, made here in seconds: it recites what it is taught."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PAD, BEGIN, END = "<|pad|>", "<|begin|>", "<|end|>"
LONGEST = 2048
TEMPLATE = (
    "{% for one in messages %}" + BEGIN + "{{ one.role }}\n{{ one.content }}" + END + "\n"
    "{% endfor %}{% if add_generation_prompt %}" + BEGIN + "assistant\n{% endif %}"
)


@dataclass(frozen=True)
class Lesson:
    """A conversation, and the reply that the model shall give to it."""

    messages: Sequence[dict[str, str]]
    reply: str


def compact(value: object) -> str:
    """JSON as a decoder held to a schema writes it: without white space."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def make(folder: Path, lessons: Sequence[Lesson], *, chat: bool = True, steps: int = 400) -> float:
    """Make a model, teach it, and save it as transformers does. Returns the loss at the end."""
    torch.manual_seed(0)
    said = [message["content"] for one in lessons for message in one.messages]
    tokenizer = _tokenizer([*said, *(one.reply for one in lessons)])
    model = LlamaForCausalLM(_config(tokenizer)).to(torch.float32)
    if chat:
        tokenizer.chat_template = TEMPLATE
    loss = teach(model, tokenizer, lessons, steps)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return loss


def _tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Pieces of bytes, as they occur in the lessons; any text can be said with them."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1024,
        special_tokens=[PAD, BEGIN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=END, pad_token=PAD, model_max_length=LONGEST
    )


def _config(tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=LONGEST,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )


def teach(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    lessons: Sequence[Lesson],
    steps: int,
) -> float:
    """Train until the replies are known by heart, or the steps are used up."""
    ids, wanted = _batch(tokenizer, lessons)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.0)
    loss = torch.tensor(0.0)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 6e-3 * min(1.0, (step + 1) / 20)
        hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        counted = wanted[:, 1:] >= 0
        logits = model.lm_head(hidden[counted])
        loss = torch.nn.functional.cross_entropy(logits, wanted[:, 1:][counted])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if loss.item() < 2e-3:
            break
    return loss.item()


def _batch(
    tokenizer: PreTrainedTokenizerFast, lessons: Sequence[Lesson]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens, padded on the right, and the same with -1 wherever nothing is to be learnt."""
    rows = []
    for lesson in lessons:
        said = tokenizer.apply_chat_template(
            list(lesson.messages),
            chat_template=TEMPLATE,
            tokenize=False,
            add_generation_prompt=True,
        )
        before = tokenizer.encode(said, add_special_tokens=False)
        rows.append((before, tokenizer.encode(lesson.reply + END, add_special_tokens=False)))
    longest = max(len(before) + len(reply) for before, reply in rows)
    ids = torch.full((len(rows), longest), tokenizer.pad_token_id)
    wanted = torch.full((len(rows), longest), -1)
    for number, (before, reply) in enumerate(rows):
        end = len(before) + len(reply)
        ids[number, :end] = torch.tensor(before + reply)
        wanted[number, len(before) : end] = torch.tensor(reply)
    return ids, wanted
