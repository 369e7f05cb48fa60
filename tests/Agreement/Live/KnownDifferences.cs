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
    internal static IReadOnlyList<KnownDifference> All { get; } =
    [
        new("partial-stack", "the host has already stored or loaded part of its operand when ENTER, PUSHA, POPA, FBSTP or FSTP of 80 bits faults, which the manual leaves open; the engine does nothing by halves",
            (test, host, _, _) => host.Vector != 1 && test.Instruction.Mnemonic is M.Enter or M.Popa or M.Popad or M.Pusha or M.Pushad or M.Fbstp
                || (host.Vector != 1 && test.Instruction.Code == Iced.Intel.Code.Fstp_m80fp)),
        new("masked-move", "whether masked-out bytes of MASKMOVQ and MASKMOVDQU can fault is the maker's choice (Intel SDM vol. 2B)",
            (test, host, _, _) => host.Vector == (int)Vector.PF && test.Instruction.Mnemonic is M.Maskmovq or M.Maskmovdqu),
    ];

    /// <summary>The known difference that a case shows; null when it agrees or is unexplained.</summary>
    internal static KnownDifference? Of(LiveCase test, LiveOutcome host, LiveOutcome engine, IReadOnlyList<string> found) =>
        found.Count == 0 ? null : All.FirstOrDefault(one => one.Covers(test, host, engine, found));
}
