namespace Doppel.Agreement.Tests.Live;

/// <summary>What one side made of a case: the state in which it trapped or faulted.</summary>
internal sealed class LiveOutcome
{
    internal static readonly string[] Names = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    internal ulong[] Registers { get; } = new ulong[16];

    internal static readonly string[] SegmentNames = ["es", "cs", "ss", "ds", "fs", "gs"];

    /// <summary>Selectors by encoding number.</summary>
    internal ushort[] Selectors { get; } = new ushort[6];

    /// <summary>Engine only: a segment register whose hidden part is not that of its selector's descriptor; -1 if there is none.</summary>
    internal int WrongSegment { get; set; } = -1;

    internal ulong Rip { get; set; }

    internal ulong Flags { get; set; }

    /// <summary>1: the instruction ended and its trap came; otherwise the exception it raised; -1: the CPU shut down or ran away.</summary>
    internal int Vector { get; set; }

    internal uint ErrorCode { get; set; }

    internal ulong FaultAddress { get; set; }

    internal byte[] Fx { get; } = new byte[512];

    internal byte[] Memory { get; } = new byte[CaseLayout.WindowLength];
}
