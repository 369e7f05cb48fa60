namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Where an event comes from: decides on gate privilege checks, the EXT bit of nested error codes and the pushed RF.</summary>
internal enum EventKind
{
    /// <summary>Processor exception.</summary>
    Exception = 0,

    /// <summary>INTR.</summary>
    External = 1,

    /// <summary>INT n.</summary>
    SoftwareInterrupt = 2,

    /// <summary>INT3, opcode CC.</summary>
    Int3 = 3,

    /// <summary>INTO.</summary>
    Into = 4,

    /// <summary>INT1, opcode F1: no privilege check on the gate.</summary>
    Int1 = 5,

    /// <summary>Non-maskable interrupt.</summary>
    Nmi = 6,
}

/// <summary>One event on its way to the guest's handler.</summary>
/// <param name="Vector">Vector.</param>
/// <param name="Kind">Source.</param>
/// <param name="ReturnIp">Instruction pointer that the frame gets.</param>
/// <param name="HasErrorCode">Whether an error code is pushed (never in real mode).</param>
/// <param name="ErrorCode">The error code.</param>
internal readonly record struct Event(byte Vector, EventKind Kind, ulong ReturnIp, bool HasErrorCode = false, uint ErrorCode = 0)
{
    /// <summary>INT n, INT3, INTO: the gate's DPL is checked, and faults in delivery have EXT clear.</summary>
    internal bool IsSoftware => Kind is EventKind.SoftwareInterrupt or EventKind.Int3 or EventKind.Into;

    /// <summary>Error code that names the gate (Intel SDM vol. 3A 6.13).</summary>
    internal uint GateError => ((uint)Vector * 8) + 2;
}
