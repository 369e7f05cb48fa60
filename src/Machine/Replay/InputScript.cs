using System;
using System.Collections.Generic;
using System.Linq;
using Doppel.Backends;

namespace Doppel.Machine.Replay;

/// <summary>
/// The scripted input of one port. When it is offered depends on the guest alone, not on where the host ends a slice: at the count an input
/// is written for, at every 100,000th instruction behind it, and while the processor is halted.
/// </summary>
internal sealed class InputScript
{
    private const ulong Step = 100_000;

    private readonly Queue<ScriptedInput> _waiting;
    private readonly ICharacterSink _sink;
    private int _given;

    public InputScript(IEnumerable<ScriptedInput> inputs, int port, ICharacterSink sink)
    {
        _waiting = new(inputs.Where(input => input.Port == port && !input.Bytes.IsEmpty).OrderBy(input => input.Instruction));
        _sink = sink;
    }

    /// <summary>Whether everything has been given.</summary>
    public bool IsOver => _waiting.Count == 0;

    /// <summary>Whether an input's count has been reached, so that a halted processor is reason enough to offer it.</summary>
    public bool IsPending(ulong retired) => _waiting.TryPeek(out ScriptedInput first) && first.Instruction <= retired;

    /// <summary>Whether <see cref="Offer"/> to a halted processor would give something.</summary>
    public bool CanGive(ulong retired) => IsPending(retired) && _sink.IsListening && _sink.Room > 0;

    /// <summary>Instructions until the next instant at which something is offered, at least 1.</summary>
    public ulong InstructionsUntilNext(ulong retired) =>
        !_waiting.TryPeek(out ScriptedInput first) ? ulong.MaxValue
        : first.Instruction > retired ? first.Instruction - retired
        : Step - ((retired - first.Instruction) % Step);

    /// <summary>Gives what the port takes, if this is an instant to do so; <paramref name="given"/> is told the bytes first.</summary>
    public void Offer(ulong retired, bool isHalted, Action<ReadOnlySpan<byte>>? given)
    {
        while (IsPending(retired) && (isHalted || (retired - _waiting.Peek().Instruction) % Step == 0) && _sink.IsListening && _sink.Room is > 0 and int room)
        {
            ReadOnlySpan<byte> rest = _waiting.Peek().Bytes.Span[_given..];
            ReadOnlySpan<byte> now = rest[..Math.Min(room, rest.Length)];
            given?.Invoke(now);
            _sink.Receive(now);
            _given += now.Length;
            if (now.Length == rest.Length)
            {
                _ = _waiting.Dequeue();
                _given = 0;
            }
        }
    }

    /// <summary>The guest waits and nothing will ever wake it: the next input comes now, whatever its count.</summary>
    /// <returns>False: there is none.</returns>
    public bool Hasten(ulong retired)
    {
        if (!_waiting.TryPeek(out ScriptedInput first) || first.Instruction <= retired)
        {
            return false;
        }

        ScriptedInput[] rest = [.. _waiting.Skip(1)];
        _waiting.Clear();
        _waiting.Enqueue(first with { Instruction = retired });
        foreach (ScriptedInput input in rest)
        {
            _waiting.Enqueue(input);
        }

        return true;
    }

    /// <summary>Forgets what a machine restored at <paramref name="retired"/> was given before it was saved.</summary>
    public void ContinueFrom(ulong retired)
    {
        _given = 0;
        while (IsPending(retired))
        {
            _ = _waiting.Dequeue();
        }
    }
}
