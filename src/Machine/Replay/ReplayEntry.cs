using System;

namespace Doppel.Machine.Replay;

/// <summary>Something that the log holds, and when it happened.</summary>
internal abstract record ReplayEntry(ReplayInstant At);

/// <summary>Bytes that went into a serial port, the keyboard or the mouse.</summary>
internal sealed record InputEntry(ReplayInstant At, int Port, ReadOnlyMemory<byte> Bytes) : ReplayEntry(At);

/// <summary>The run came this far: what a log whose recorder was killed can still be replayed up to.</summary>
internal sealed record MarkEntry(ReplayInstant At) : ReplayEntry(At);

/// <summary>The end of a run.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">Number of the kind of end (<c>MachineExitKind</c>).</param>
/// <param name="Code">The guest's exit byte.</param>
/// <param name="FromOutside">Whether it was not the guest that ended the run, so that replay has to.</param>
/// <param name="Hash">State hash, 64 hexadecimal digits.</param>
internal sealed record EndEntry(ReplayInstant At, byte Kind, byte Code, bool FromOutside, string Hash) : ReplayEntry(At);
