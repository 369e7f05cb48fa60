using System;

namespace Doppel.Backends.Terminal;

/// <summary>Modifiers, with the numbers that xterm gives them.</summary>
[Flags]
internal enum TerminalModifiers
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Shift.</summary>
    Shift = 1,

    /// <summary>Alt.</summary>
    Alt = 2,

    /// <summary>Control.</summary>
    Control = 4,
}
