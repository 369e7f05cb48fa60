using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using Doppel.Cpu;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Agreement.Tests;

/// <summary>Operand format of a floating-point vector file.</summary>
internal enum FloatFormat
{
    Single = 4,
    Double = 8,
    Extended = 10,
}

/// <summary>
/// A small guest program that applies one operation to a batch of operand pairs in the data pages: records of 64 bytes with the first operand at 0, the
/// second at 16, the result at 32 and the status flags at 48. It ends by HLT, which faults in user mode and so reaches a handler that halts.
/// </summary>
internal sealed class FloatProgram
{
    internal const int RecordLength = 64;
    internal const int BatchLength = FlatBench.DataLength / RecordLength;

    private const int ResultAt = 32;
    private const int StatusAt = 48;

    // The longest FPREM1 takes about 16,000 / 63 turns of 4 instructions.
    private const ulong MaxInstructions = 4_000_000;

    private readonly FlatBench _bench;
    private readonly byte[] _data = new byte[FlatBench.DataLength];
    private readonly ushort _controlWord;
    private readonly uint _mxcsr;

    internal FloatProgram(FlatBench bench, string operation, FloatFormat format, string rounding, string precision)
    {
        _bench = bench;
        Format = format;
        uint mode = rounding switch { "near_even" => 0, "min" => 1, "max" => 2, "minMag" => 3, _ => throw new ArgumentException(rounding, nameof(rounding)) };
        uint digits = precision switch { "32" => 0, "64" => 2, _ => 3 };
        _controlWord = (ushort)(0x3F | digits << 8 | mode << 10);
        _mxcsr = 0x1F80 | mode << 13;
        Assembler program = new(32);
        Label next = program.CreateLabel();
        program.Label(ref next);
        if (format == FloatFormat.Extended)
        {
            AssembleX87(program, operation);
        }
        else
        {
            AssembleSse(program, operation, format == FloatFormat.Double);
        }

        program.add(esi, RecordLength);
        program.dec(ecx);
        program.jnz(next);
        program.hlt();
        using MemoryStream code = new();
        program.Assemble(new StreamCodeWriter(code), FlatBench.CodeLinear);
        bench.WriteCode(0, code.ToArray());
    }

    internal FloatFormat Format { get; }

    internal void SetOperands(int record, string first, string second)
    {
        Span<byte> at = _data.AsSpan(record * RecordLength, RecordLength);
        at.Clear();
        Put(first, at);
        Put(second, at[16..]);
    }

    /// <summary>Runs the first <paramref name="count"/> records. False: the program did not come to its end.</summary>
    internal bool Run(int count)
    {
        _bench.WriteData(0, _data);
        ref VcpuRecord r = ref _bench.State.R;
        r.Rip = FlatBench.CodeLinear;
        r.Rflags = 2;
        r.Gpr[1] = (ulong)count;
        r.Gpr[4] = FlatBench.DataLinear;
        r.Gpr[6] = FlatBench.DataLinear;
        Span<byte> fx = FxBytes.Of(_bench.State);
        fx.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(fx, _controlWord);
        BinaryPrimitives.WriteUInt32LittleEndian(fx[FxBytes.Mxcsr..], _mxcsr);
        _bench.Start();
        StopReason reason = _bench.Vcpu.Run(new RunLimits(MaxInstructions));
        _bench.Finish();
        return reason == StopReason.Halt && _bench.FaultVector == 13 && r.Gpr[1] == 0;
    }

    /// <summary>Result in hexadecimal as the vector files write it.</summary>
    internal string Result(int record)
    {
        byte[] bytes = _bench.Data.Slice(record * RecordLength + ResultAt, (int)Format).ToArray();
        Array.Reverse(bytes);
        return Convert.ToHexString(bytes);
    }

    /// <summary>Flags in the order of the vector files: inexact 1, underflow 2, overflow 4, divide by zero 8, invalid 16.</summary>
    internal int Flags(int record)
    {
        int status = _bench.Data[record * RecordLength + StatusAt];
        return (status >> 5 & 1) | (status >> 3 & 2) | (status >> 1 & 4) | (status << 1 & 8) | (status << 4 & 16);
    }

    /// <summary>Whether these digits are a NaN of the format.</summary>
    internal bool IsNan(string digits)
    {
        UInt128 bits = UInt128.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return Format switch
        {
            FloatFormat.Single => ((uint)bits & 0x7FFF_FFFF) > 0x7F80_0000,
            FloatFormat.Double => ((ulong)bits & 0x7FFF_FFFF_FFFF_FFFF) > 0x7FF0_0000_0000_0000,
            _ => ((uint)(bits >> 64) & 0x7FFF) == 0x7FFF && ((ulong)bits << 1) != 0,
        };
    }

    private void Put(string digits, Span<byte> to)
    {
        byte[] bytes = Convert.FromHexString(digits);
        Array.Reverse(bytes);
        bytes.CopyTo(to);
        Assert.Equal((int)Format, bytes.Length);
    }

    private static void AssembleX87(Assembler program, string operation)
    {
        program.fnclex();
        if (operation == "rem")
        {
            Label again = program.CreateLabel();
            program.fld(__tbyte_ptr[esi + 16]);
            program.fld(__tbyte_ptr[esi]);
            program.Label(ref again);
            program.fprem1();
            program.fnstsw(ax);
            program.test(ah, 4);
            program.jnz(again);
            program.fstp(st1);
        }
        else
        {
            program.fld(__tbyte_ptr[esi]);
            program.fld(__tbyte_ptr[esi + 16]);
            switch (operation)
            {
                case "add": program.faddp(st1, st0); break;
                case "mul": program.fmulp(st1, st0); break;
                default: throw new ArgumentException(operation, nameof(operation));
            }

            program.fnstsw(ax);
        }

        program.mov(__word_ptr[esi + StatusAt], ax);
        program.fstp(__tbyte_ptr[esi + ResultAt]);
    }

    private static void AssembleSse(Assembler program, string operation, bool isDouble)
    {
        // MXCSR as it was at the start waits in the record, with its flags clear.
        program.stmxcsr(__dword_ptr[esi + StatusAt]);
        program.and(__dword_ptr[esi + StatusAt], unchecked((int)0xFFFF_FFC0));
        program.ldmxcsr(__dword_ptr[esi + StatusAt]);
        if (isDouble)
        {
            program.movsd(xmm0, __qword_ptr[esi]);
        }
        else
        {
            program.movss(xmm0, __dword_ptr[esi]);
        }

        switch (operation, isDouble)
        {
            case ("add", true): program.addsd(xmm0, __qword_ptr[esi + 16]); break;
            case ("div", true): program.divsd(xmm0, __qword_ptr[esi + 16]); break;
            case ("mul", false): program.mulss(xmm0, __dword_ptr[esi + 16]); break;
            default: throw new ArgumentException(operation, nameof(operation));
        }

        program.stmxcsr(__dword_ptr[esi + StatusAt]);
        if (isDouble)
        {
            program.movsd(__qword_ptr[esi + ResultAt], xmm0);
        }
        else
        {
            program.movss(__dword_ptr[esi + ResultAt], xmm0);
        }
    }
}
