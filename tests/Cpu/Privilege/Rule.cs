using System;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>
/// What one instruction does in all surroundings. Outcomes, in the order of <see cref="Surroundings.Column"/>: ok (goes on behind itself), gp (#GP(0)), ud (#UD),
/// if / vif / keep (goes on; IF alone, VIF alone, neither flipped), int (its handler), redir (the 8086 program's own handler), gate (#GP with the gate's
/// number), to (the target of a fast call).
/// </summary>
/// <param name="Name">Mnemonic and the condition that the row is about.</param>
/// <param name="Section">Where the manual says so (Intel SDM volume and section, or the instruction's page in volume 2).</param>
/// <param name="Code">Hexadecimal bytes, the same in all modes.</param>
/// <param name="Outcomes">Fourteen words; bars are for the eye.</param>
/// <param name="Prepare">What is set up before it runs.</param>
internal sealed record Rule(string Name, string Section, string Code, string Outcomes, Action<WholeMachine>? Prepare = null)
{
    internal const string Anyone = "ok | ok ok ok | ok ok ok ok | ok ok ok | ok ok ok";
    internal const string Nowhere = "ud | ud ud ud | ud ud ud ud | ud ud ud | ud ud ud";
    internal const string Supervisor = "ok | ok gp gp | gp gp gp gp | ok gp gp | ok gp gp";
    internal const string ProtectedSupervisor = "ud | ok gp gp | ud ud ud ud | ok gp gp | ok gp gp";
    internal const string ProtectedOnly = "ud | ok ok ok | ud ud ud ud | ok ok ok | ok ok ok";
    internal const string Ports = "ok | ok gp ok | gp gp gp gp | ok gp ok | ok gp ok";
    internal const string LongOnly = "ud | ud ud ud | ud ud ud ud | ud ud ud | ok ok ok";
    internal const string RingZeroElseUndefined = "ok | ok ud ud | ud ud ud ud | ok ud ud | ok ud ud";

    internal byte[] Bytes => Convert.FromHexString(Code.Replace(" ", string.Empty, StringComparison.Ordinal));

    internal string OutcomeIn(Surroundings where) => Outcomes.Replace("|", string.Empty, StringComparison.Ordinal)
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[where.Column];
}
