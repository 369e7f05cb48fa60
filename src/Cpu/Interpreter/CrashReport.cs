using System;
using System.Globalization;
using System.Text;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter;

/// <summary>The state in words: registers, last exceptions, page walk and code at RIP. For people, after a crash.</summary>
internal static class CrashReport
{
    private static readonly string[] GprNames = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
    private static readonly string[] SegmentNames = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"];

    internal static string Describe(InterpreterCore c)
    {
        StringBuilder text = new();
        bool wide = c.IsLongMode;
        string form = wide ? "X16" : "X8";
        for (int i = 0; i < (wide ? 16 : 8); i++)
        {
            Append(text, $"{GprNames[i],-3} {c.Gpr(i).ToString(form, CultureInfo.InvariantCulture)}{(i % 4 == 3 ? "\n" : "  ")}");
        }

        Append(text, $"rip {c.Rip.ToString(form, CultureInfo.InvariantCulture)}  flags {c.Rflags:X8}  cpl {c.Cpl}  mode {ModeName(c)}\n");
        Append(text, $"cr0 {c.S.Cr0:X8}  cr2 {c.S.Cr2:X8}  cr3 {c.S.Cr3:X8}  cr4 {c.S.Cr4:X8}  efer {c.S.Efer:X}\n");
        for (int i = 0; i < 8; i++)
        {
            SegmentState s = c.S.Segment[i];
            Append(text, $"{SegmentNames[i],-4} {s.Selector:X4} base {s.Base:X8} limit {s.Limit:X8} attributes {s.Attributes:X4}\n");
        }

        Append(text, $"gdtr base {c.S.Gdtr.Base:X8} limit {c.S.Gdtr.Limit:X4}  idtr base {c.S.Idtr.Base:X8} limit {c.S.Idtr.Limit:X4}\n");
        text.Append("last exceptions, oldest first:\n");
        foreach (ExceptionHistory.Entry entry in c.History.Recent())
        {
            string detail = entry.Vector == Vector.PF ? string.Create(CultureInfo.InvariantCulture, $" at address {entry.Cr2:X}") : string.Empty;
            Append(text, $"  #{entry.Vector} error {entry.ErrorCode:X} from {entry.Cs:X4}:{entry.Rip:X}{detail} after {entry.Retired} instructions\n");
        }

        AppendCode(text, c);
        return text.ToString();
    }

    private static string ModeName(InterpreterCore c) =>
        c.Is64Bit ? "64-bit"
        : c.IsVirtual8086 ? "virtual-8086"
        : !c.IsProtected ? "real"
        : (c.IsLongMode ? "compatibility " : "protected ") + ((c.Mode & CpuMode.Code32) != 0 ? "32-bit" : "16-bit");

    private static void AppendCode(StringBuilder text, InterpreterCore c)
    {
        ulong linear = c.Reach[Seg.CS].Base + c.Rip;
        linear = c.Is64Bit ? linear : (uint)linear;
        if (!c.Memory.Slow.TryPeek(linear, out ulong physical))
        {
            Append(text, $"code at {linear:X}: not mapped\n");
            return;
        }

        Append(text, $"code at linear {linear:X}, physical {physical:X}:\n");
        byte[] bytes = new byte[32];
        int count = 0;
        while (count < bytes.Length && c.Memory.Slow.TryPeek(linear + (ulong)count, out ulong at))
        {
            bytes[count++] = (byte)c.Memory.Slow.ReadPhysical(at, 1);
        }

        int bits = c.Is64Bit ? 64 : (c.Mode & CpuMode.Code32) != 0 ? 32 : 16;
        ByteArrayCodeReader reader = new(bytes, 0, count);
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(bits, reader, c.Rip);
        NasmFormatter formatter = new();
        StringOutput output = new();
        for (int i = 0; i < 5 && reader.CanReadByte; i++)
        {
            decoder.Decode(out Instruction instruction);
            formatter.Format(instruction, output);
            Append(text, $"  {instruction.IP:X}  {output.ToStringAndReset()}\n");
        }
    }

    private static void Append(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture));
}
