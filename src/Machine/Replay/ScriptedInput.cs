using System;
using System.Collections.Generic;
using Doppel.Backends.Keys;
using Doppel.Machine.Outside;

namespace Doppel.Machine.Replay;

/// <summary>
/// Bytes that come in at a count of instructions: at the first of the instants <paramref name="Instruction"/>, and every 100,000 instructions behind
/// it, at which the guest listens and has room, or earlier if the processor halts after <paramref name="Instruction"/>.
/// </summary>
/// <param name="Instruction">Retired instructions before which nothing is given.</param>
/// <param name="Port">One of <see cref="InputPort"/>.</param>
/// <param name="Bytes">What is given, in this order; what does not fit waits.</param>
public readonly record struct ScriptedInput(ulong Instruction, int Port, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Keys that are pressed and released from <paramref name="instruction"/> on, each as soon as the guest has taken the one before.</summary>
    public static ScriptedInput Keys(ulong instruction, IEnumerable<KeyEvent> events) => new(instruction, InputPort.Keyboard, KeyRecord.Encode(events));

    /// <summary>One movement of the mouse.</summary>
    public static ScriptedInput Pointer(ulong instruction, PointerRecord movement) => new(instruction, InputPort.Pointer, movement.Encode());
}
