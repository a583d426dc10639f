"""A language model of 0.2 million weights, made here in seconds: it recites what it is taught."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PAD, BEGIN, END = "<|pad|>", "<|begin|>", "<|end|>"
LONGEST = 2048
KNOWN = 0.2
"""Below this loss at every token, replies come as they were taught, also under a form."""
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


def make(folder: Path, lessons: Sequence[Lesson], *, chat: bool = True, steps: int = 600) -> float:
    """Make a model, teach it, and save it as transformers does. Returns the worst loss."""
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
    """Train until each token of the replies is known by heart, or the steps are used up."""
    groups: dict[str, list[Lesson]] = {}
    for lesson in lessons:
        groups.setdefault(lesson.messages[0]["content"], []).append(lesson)
    packs = [_packed([_tokens(tokenizer, one) for one in group]) for group in groups.values()]
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.0)
    worst = torch.inf
    for step in range(steps):
        for rule in optimizer.param_groups:
            rule["lr"] = 6e-3 * min(1.0, (step + 1) / 20)
        losses = torch.cat([_losses(model, pack) for pack in packs])
        optimizer.zero_grad()
        losses.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        worst = losses.max().item()
        if worst < KNOWN:
            break
    return worst


@dataclass(frozen=True)
class Pack:
    """Lessons side by side in one sequence: what all begin with, once, then the rest of each.

    No rest sees another: `mask` says so, and `places` counts as if each stood alone. `wanted` is
    the next token where a reply is to be learnt, and -1 elsewhere.
    """

    ids: torch.Tensor
    places: torch.Tensor
    mask: torch.Tensor
    wanted: torch.Tensor


def _tokens(tokenizer: PreTrainedTokenizerFast, lesson: Lesson) -> tuple[list[int], list[int]]:
    said = tokenizer.apply_chat_template(
        list(lesson.messages), chat_template=TEMPLATE, tokenize=False, add_generation_prompt=True
    )
    before = tokenizer.encode(said, add_special_tokens=False)
    return before, tokenizer.encode(lesson.reply + END, add_special_tokens=False)


def _packed(rows: Sequence[tuple[list[int], list[int]]]) -> Pack:
    columns = zip(*(before[:-1] for before, _ in rows), strict=False)
    shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
    ids, places, owners = list(rows[0][0][:shared]), list(range(shared)), [-1] * shared
    wanted = [-1] * shared
    for number, (before, reply) in enumerate(rows):
        rest = [*before[shared:], *reply]
        ids += rest
        places += range(shared, shared + len(rest))
        owners += [number] * len(rest)
        wanted += [-1] * (len(before) - shared - 1) + [*reply, -1]
    owner, place = torch.tensor(owners), torch.tensor(places)
    mine = (owner[None] == owner[:, None]) | (owner[None] == -1)
    mask = (mine & (place[None] <= place[:, None]))[None, None]
    return Pack(torch.tensor([ids]), place[None], mask, torch.tensor([wanted]))


def _losses(model: LlamaForCausalLM, pack: Pack) -> torch.Tensor:
    hidden = model.model(
        input_ids=pack.ids, position_ids=pack.places, attention_mask=pack.mask, use_cache=False
    ).last_hidden_state
    counted = pack.wanted >= 0
    logits = model.lm_head(hidden[counted])
    return torch.nn.functional.cross_entropy(logits, pack.wanted[counted], reduction="none")
