using System;
using System.Collections.Generic;
using System.Linq;
using Doppel.X86.Exceptions;
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
    private const uint Precision = 0x20;

    internal static IReadOnlyList<KnownDifference> All { get; } =
    [
        new("misaligned-stack-fault", "a 16-byte operand through RSP or RBP both misaligned and non-canonical: the host looks at the alignment first (#GP), the engine at the address (#SS); the manual leaves the order open",
            (test, host, engine, _) => test.Bits == 64 && host.Vector == (int)Vector.GP && engine.Vector == (int)Vector.SS),
        new("stack-fault", "a non-canonical near return or LEAVE frame is #SS on the host, #GP in the engine (Intel SDM vol. 3A 6.15, interrupt 12)",
            (test, host, engine, _) => test.Bits == 64 && host.Vector == (int)Vector.SS && engine.Vector == (int)Vector.GP),
        new("call-order", "a near call to a non-canonical target: the host pushes (or faults doing so) and then raises #GP with RSP as before, the engine checks the target first",
            (test, host, engine, found) => test.Bits == 64 && test.Instruction.Mnemonic == M.Call && engine.Vector == (int)Vector.GP
                && (host.Vector is (int)Vector.PF or (int)Vector.SS || (host.Vector == (int)Vector.GP && AllAre(found, "memory")))),
        new("mmx-before-fault", "the host enters the MMX state (TOP 0; before a conversion all tags valid too) before the access or the conversion faults; the engine leaves the x87 state as it was",
            (_, host, _, found) => host.Vector != 1 && (host.Fx[3] & 0x38) == 0 && AllAre(found, "fsw", "ftw", "st")),
        new("string-flags", "a fault inside repeated CMPS or SCAS leaves RFLAGS as before the instruction (Intel SDM vol. 2B, REP); the engine keeps those of the last comparison",
            (test, host, _, found) => host.Vector != 1 && test.Instruction.Mnemonic is M.Cmpsb or M.Cmpsw or M.Cmpsd or M.Cmpsq or M.Scasb or M.Scasw or M.Scasd or M.Scasq && AllAre(found, "flags")),
        new("unmasked-underflow", "an unmasked SSE exception does not set PE as well; the engine finds the flags with exceptions masked",
            (_, host, engine, found) => host.Vector == (int)Vector.XM && AllAre(found, "mxcsr")
                && BitConverter.ToUInt32(engine.Fx, FxBytes.Mxcsr) == (BitConverter.ToUInt32(host.Fx, FxBytes.Mxcsr) | Precision)),
        new("partial-stack", "the host has already stored or loaded part of its operand when ENTER, POPA or FBSTP faults, which the manual leaves open; the engine does nothing by halves",
            (test, host, _, _) => host.Vector != 1 && test.Instruction.Mnemonic is M.Enter or M.Popa or M.Popad or M.Pusha or M.Pushad or M.Fbstp),
        new("operand-order", "both operands of CMPS fault, or BOUND fails by its first bound while its second is not mapped: which comes first is the maker's choice",
            (test, host, engine, _) => engine.Vector == (int)Vector.PF && host.Vector is (int)Vector.PF or (int)Vector.BR && test.Instruction.Mnemonic is M.Cmpsb or M.Cmpsw or M.Cmpsd or M.Cmpsq or M.Bound),
        new("store-not-made", "an unmasked x87 exception keeps a store from being made, so that it cannot fault on the host; the engine looks at the page first",
            (test, host, engine, _) => host.Vector == 1 && engine.Vector == (int)Vector.PF && (host.Fx[2] & 0x80) != 0),
        new("masked-move", "whether masked-out bytes of MASKMOVQ and MASKMOVDQU can fault is the maker's choice (Intel SDM vol. 2B)",
            (test, host, _, _) => host.Vector == (int)Vector.PF && test.Instruction.Mnemonic is M.Maskmovq or M.Maskmovdqu),
    ];

    /// <summary>The known difference that a case shows; null when it agrees or is unexplained.</summary>
    internal static KnownDifference? Of(LiveCase test, LiveOutcome host, LiveOutcome engine, IReadOnlyList<string> found) =>
        found.Count == 0 ? null : All.FirstOrDefault(one => one.Covers(test, host, engine, found));

    private static bool AllAre(IReadOnlyList<string> found, params string[] starts) => found.All(difference => starts.Any(start => difference.StartsWith(start, StringComparison.Ordinal)));
}
