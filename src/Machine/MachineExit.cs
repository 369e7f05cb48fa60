namespace Doppel.Machine;

/// <summary>Why <see cref="VirtualMachine.Run"/> came back.</summary>
public enum MachineExitKind
{
    /// <summary>The guest switched the machine off (ACPI S5).</summary>
    PowerOff = 0,

    /// <summary>The guest ended the machine with a byte of its own (port 0xF4).</summary>
    GuestExit = 1,

    /// <summary>The guest's CPU shut down (triple fault), or Doppel itself failed; the report says which.</summary>
    Crash = 2,

    /// <summary><see cref="VirtualMachine.RequestStop"/> or the cancellation token. The machine can run on.</summary>
    Stopped = 3,

    /// <summary><see cref="MachineSpec.HashAt"/> was reached; the report is the state hash in lower-case hexadecimal. The machine can run on.</summary>
    HashReached = 4,

    /// <summary><see cref="MachineSpec.MaxTime"/> went by. The machine can run on.</summary>
    Timeout = 5,

    /// <summary><see cref="VirtualMachine.StopAt"/> was reached. The machine can run on.</summary>
    InstructionReached = 6,

    /// <summary>
    /// The log of outside input could not be written, ends before the run does, or is not what the machine does; the report says which and where.
    /// </summary>
    LogFailed = 7,
}

/// <summary>How a run of a machine ended.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Code">The guest's byte with <see cref="MachineExitKind.GuestExit"/>, else 0.</param>
/// <param name="Report">For people: several lines for a crash, the hash for <see cref="MachineExitKind.HashReached"/>, else one line or nothing.</param>
public sealed record MachineExit(MachineExitKind Kind, byte Code = 0, string Report = "");
