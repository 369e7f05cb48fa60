using System;
using System.Collections.Generic;
using System.Linq;
using Doppel.X86.Exceptions;
using Iced.Intel;
using M = Iced.Intel.Mnemonic;

namespace Doppel.Agreement.Tests.Live;

/// <summary>A class of cases in which engine and host are known to differ.</summary>
/// <param name="Name">Name for reports.</param>
/// <param name="Reason">Why, and who is right.</param>
/// <param name="Covers">Whether a failing case belongs to it; the last argument lists the differences.</param>
internal sealed record KnownDifference(string Name, string Reason, Func<LiveCase, LiveOutcome, LiveOutcome, IReadOnlyList<string>, bool> Covers);

/// <summary>All known differences. The list may only shrink; the report counts how often each one shows itself.</summary>
internal static class KnownDifferences
{
    internal static IReadOnlyList<KnownDifference> All { get; } =
    [
        new("partial-stack", "the host has already stored or loaded part of its operand when ENTER, PUSHA, POPA, FBSTP or FSTP of 80 bits faults, which the manual leaves open; the engine does nothing by halves",
            (test, host, engine, _) => host.Vector != 1 && host.Vector == engine.Vector
                && (test.Instruction.Mnemonic is M.Enter or M.Popa or M.Popad or M.Pusha or M.Pushad or M.Fbstp || test.Instruction.Code == Code.Fstp_m80fp)),
        new("pieces", "an operand of several pieces meets a page fault in one of them before the limit is violated by another, or the other way round; the engine looks at the limit of the whole operand first",
            (test, host, engine, found) => IsMemoryFault(host) && IsMemoryFault(engine) && IsInPieces(test)
                && (host.Vector != engine.Vector || found.All(one => one.StartsWith("cr2", StringComparison.Ordinal)))),
        new("repe-cmpsb", "AMD's processors look at the first operand first in REPE CMPSB alone, at the second in all other CMPS",
            (test, host, engine, _) => test.Instruction.Code == Code.Cmpsb_m8_m8 && test.Instruction.HasRepePrefix && IsMemoryFault(host) && IsMemoryFault(engine)),
        new("far-return-wrap", "AMD's processors carry into the upper half of ESP when RETF n wraps SP round; the manuals have only SP change",
            (test, host, engine, found) => test.Instruction.Mnemonic == M.Retf && test.Instruction.OpCount == 1 && !test.Segments.IsStack32 && host.Vector == 1
                && found.Count == 1 && ((host.Registers[4] ^ engine.Registers[4]) & 0xFFFF) == 0),
        new("far-call-pushes", "AMD's processors have pushed part of the return address, or all of it, when a far call faults; the engine does nothing by halves",
            (test, host, engine, found) => test.Instruction.Mnemonic == M.Call && Exclusions.IsOnSelectors(test.Instruction.Code) && host.Vector != 1 && engine.Vector == host.Vector
                && found.All(one => one.StartsWith("memory", StringComparison.Ordinal))),
        new("misaligned-sse", "AMD's processors have a bit 17 in MXCSR, which the CPU models do not announce",
            (test, host, engine, found) => LiveForms.HostVendor == "AuthenticAMD" && ((test.Instruction.Mnemonic is M.Fxsave or M.Fxsave64 && found.Count == 1 && IsMaskByte(host, engine))
                || (test.Instruction.Mnemonic == M.Ldmxcsr && host.Vector == 1 && engine.Vector == (int)Vector.GP))),
        new("masked-move", "whether masked-out bytes of MASKMOVQ and MASKMOVDQU can fault is the maker's choice (Intel SDM vol. 2B)",
            (test, host, _, _) => host.Vector == (int)Vector.PF && test.Instruction.Mnemonic is M.Maskmovq or M.Maskmovdqu),
    ];

    /// <summary>The known difference that a case shows; null when it agrees or is unexplained.</summary>
    internal static KnownDifference? Of(LiveCase test, LiveOutcome host, LiveOutcome engine, IReadOnlyList<string> found) =>
        found.Count == 0 ? null : All.FirstOrDefault(one => one.Covers(test, host, engine, found));

    private static bool IsMemoryFault(LiveOutcome outcome) => (Vector)outcome.Vector is Vector.PF or Vector.GP or Vector.SS;

    private static bool IsInPieces(LiveCase test) =>
        test.Instruction.Mnemonic == M.Bound || test.Instruction.MemorySize.GetSize() is 10 or 14 or > 16 || Exclusions.IsOnSelectors(test.Instruction.Code);

    // The third byte of an FXSAVE image's MXCSR_MASK, and nothing else in memory.
    private static bool IsMaskByte(LiveOutcome host, LiveOutcome engine)
    {
        int at = host.Memory.AsSpan().CommonPrefixLength(engine.Memory);
        return at < host.Memory.Length && (at & 0xF) == 0xE && (host.Memory[at] ^ engine.Memory[at]) == 2 && host.Memory.AsSpan(at + 1).SequenceEqual(engine.Memory.AsSpan(at + 1));
    }
}
