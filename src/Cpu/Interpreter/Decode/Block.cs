using Doppel.Cpu.Interpreter.Core;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>
/// A run of decoded instructions without a branch but at its end, all in one page (the only instruction of a block may reach into the next). Keyed by
/// physical address, linear address and mode.
/// </summary>
internal sealed class Block
{
    /// <summary>Most instructions a block holds.</summary>
    internal const int MaxCount = 64;

    /// <summary>Marks an unused second page.</summary>
    internal const ulong NoPage = ulong.MaxValue;

    internal Block(ulong linear, ulong rip, ulong physical, byte key, uint limit)
    {
        CodeLimit = limit;
        Linear = linear;
        Rip = rip;
        Physical = physical;
        Key = key;
    }

    /// <summary>Linear address of the first byte.</summary>
    internal ulong Linear { get; }

    /// <summary>Instruction pointer of the first instruction.</summary>
    internal ulong Rip { get; }

    /// <summary>Guest-physical address of the first byte.</summary>
    internal ulong Physical { get; }

    /// <summary>Mode and privilege it was decoded for.</summary>
    internal byte Key { get; }

    /// <summary>Limit of the code segment it was decoded for: instructions that reach over it are decoded as #GP.</summary>
    internal uint CodeLimit { get; }

    /// <summary>The instructions.</summary>
    internal Op[] Ops = [];

    /// <summary>Instruction pointer behind the last instruction.</summary>
    internal ulong EndRip;

    /// <summary>Length in bytes.</summary>
    internal int LengthBytes;

    /// <summary>Physical page of the bytes behind a page border, or <see cref="NoPage"/>.</summary>
    internal ulong SecondPage = NoPage;

    /// <summary>Epoch of the translations for which the block was last found in place; 0: never again.</summary>
    internal uint Epoch;

    /// <summary>False once its bytes were overwritten.</summary>
    internal bool IsValid = true;
}
