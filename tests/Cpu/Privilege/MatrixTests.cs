using System.Collections.Generic;
using System.Linq;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>Every privileged or IOPL-sensitive instruction in every mode, privilege level and IOPL, as bytes in memory, against tables from the manual.</summary>
public sealed class MatrixTests
{
    private static readonly Dictionary<string, Rule> Rules = SupervisorRules.All.Concat(SensitiveRules.All).ToDictionary(r => r.Name);

    public static IEnumerable<TheoryDataRow<string>> Names => Rules.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory, MemberData(nameof(Names))]
    public void The_manual_says_who_may(string name)
    {
        Rule rule = Rules[name];
        List<string> wrong = [];
        foreach (Surroundings where in Surroundings.All)
        {
            string found = Outcome(rule, where);
            string wanted = rule.OutcomeIn(where);
            if (found != wanted)
            {
                wrong.Add($"{where}: {found}, not {wanted}");
            }
        }

        Assert.True(wrong.Count == 0, $"{rule.Name} [{rule.Section}]\n{string.Join('\n', wrong)}");
    }

    [Fact]
    public void The_matrix_is_whole()
    {
        Assert.Equal(22, Surroundings.All.Length);
        Assert.All(Rules.Values, rule => Assert.Equal(14, rule.Outcomes.Replace("|", "", System.StringComparison.Ordinal).Split(' ', System.StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.True(Rules.Count >= 110, $"{Rules.Count} rules");
    }

    private static string Outcome(Rule rule, Surroundings where)
    {
        using WholeMachine m = new(where);
        byte[] code = rule.Bytes;
        m.Put(m.CodeAt, code);
        m.R.Gpr[1] = 0x5800;
        rule.Prepare?.Invoke(m);
        VcpuRecord before = m.R;
        _ = m.Step();
        bool inside = m.R.Rip == before.Rip + (ulong)code.Length
            || (code[^1] == 0xCF && m.R.Rip == WholeMachine.FastTarget && m.R.Segment[1].Selector == before.Segment[1].Selector);
        if (inside)
        {
            return Completed(code, before, m.R);
        }

        if (m.R.Rip == WholeMachine.FastTarget)
        {
            int cpl = code[1] is 0x34 or 0x05 ? 0 : 3;
            return (m.R.Segment[2].Attributes >> 5 & 3) == cpl && (m.R.Segment[1].Selector & 3) == cpl && (m.R.Rflags & (ulong)RFlags.VM) == 0 ? "to" : "to the wrong level";
        }

        ulong vector = (m.R.Rip - WholeMachine.Handlers) / 16;
        return m.R.Rip >= WholeMachine.Handlers && vector < 256 ? Delivered(m, before, code, (int)vector) : $"at {m.R.Rip:X}";
    }

    private static string Completed(byte[] code, in VcpuRecord before, in VcpuRecord after)
    {
        bool onFlags = code[^1] is 0xFA or 0xFB or 0x9D or 0xCF && code[0] != 0x0F;
        ulong flipped = before.Rflags ^ after.Rflags;
        bool real = (flipped & (ulong)RFlags.IF) != 0;
        bool extended = (flipped & (ulong)RFlags.VIF) != 0;
        return !onFlags ? "ok" : real && extended ? "both" : real ? "if" : extended ? "vif" : "keep";
    }

    private static string Delivered(WholeMachine m, in VcpuRecord before, byte[] code, int vector)
    {
        bool still8086 = (m.R.Rflags & (ulong)RFlags.VM) != 0;
        int asked = code[0] switch { 0xCD => code[1], 0xCC => 3, 0xCE => 4, 0xF1 => 1, _ => -1 };
        if (vector == asked)
        {
            return still8086 ? "redir" : m.Pushed(0) == before.Rip + (ulong)code.Length ? "int" : "int with the wrong return";
        }

        if (still8086)
        {
            return "a fault left in the 8086 program";
        }

        bool withCode = m.Where.Mode != Mode.Real && ((Vector)vector).HasErrorCode();
        ulong error = withCode ? m.Pushed(0) : 0;
        if (m.Pushed(withCode ? 1 : 0) != before.Rip)
        {
            return $"vector {vector} with the wrong return";
        }

        if (!Untouched(before, m.R))
        {
            return $"vector {vector} half done";
        }

        return ((Vector)vector, error) switch
        {
            (Vector.GP, 0) => "gp",
            (Vector.UD, _) => "ud",
            (Vector.GP, _) when error == ((ulong)asked * 8) + 2 => "gate",
            _ => $"vector {vector} ({error:X})",
        };
    }

    // A refused instruction has changed nothing besides what delivery changes.
    private static bool Untouched(in VcpuRecord before, in VcpuRecord after)
    {
        for (int i = 0; i < 16; i++)
        {
            if (i != 4 && before.Gpr[i] != after.Gpr[i])
            {
                return false;
            }
        }

        return (before.Cr0, before.Cr2, before.Cr3, before.Cr4, before.Xcr0, before.Efer) == (after.Cr0, after.Cr2, after.Cr3, after.Cr4, after.Xcr0, after.Efer)
            && (before.Gdtr.Base, before.Idtr.Base, before.Gdtr.Limit, before.Idtr.Limit) == (after.Gdtr.Base, after.Idtr.Base, after.Gdtr.Limit, after.Idtr.Limit)
            && (before.Segment[6].Selector, before.Segment[7].Selector, before.KernelGsBase) == (after.Segment[6].Selector, after.Segment[7].Selector, after.KernelGsBase);
    }
}
