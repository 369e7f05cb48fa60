using System;

namespace Doppel.Motherboard;

/// <summary>What a guest asked of the machine through its chips.</summary>
[Flags]
public enum BoardRequests
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The reset line was pulled.</summary>
    Reset = 1,

    /// <summary>Power off.</summary>
    PowerOff = 2,

    /// <summary>End with <see cref="Board.ExitCode"/>.</summary>
    Exit = 4,
}
