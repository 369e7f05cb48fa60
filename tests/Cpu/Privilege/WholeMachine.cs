using System;
using Doppel.Cpu.Interpreter;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>
/// A processor put into any <see cref="Surroundings"/>, with everything that delivery needs: vectors in all forms that lead to <see cref="Handlers"/>,
/// a ring-0 stack, a TSS with I/O and redirection bitmaps. Instructions are bytes that go through decoder, block and handler. All features, Intel's rules.
/// </summary>
internal sealed class WholeMachine : IVcpuBus, IDisposable
{
    internal const uint Gdt = 0x1000;
    internal const uint Idt = 0x2000;
    internal const uint Handlers = 0x3000;
    internal const uint FastTarget = 0x5000;
    internal const uint Task = 0x6_0000;
    internal const uint IoMap = 0x88;
    internal const uint Start = 0x100;
    internal const uint DataOffset = 0x10;

    internal const ushort Code0 = 0x08;
    internal const ushort Data0 = 0x10;
    internal const ushort Code3 = 0x1B;
    internal const ushort Data3 = 0x23;
    internal const ushort TaskSelector = 0x28;
    internal const ushort Long0 = 0x38;
    internal const ushort Long3 = 0x43;
    internal const ushort Code16 = 0x48;
    internal const ushort Stack16 = 0x58;
    internal const ushort Data16 = 0x68;
    internal const ushort LdtSelector = 0x78;
    internal const ushort FreeTask = 0x88;
    internal const ushort FastCode = 0x98;
    internal const ushort Spare = 0xD0;

    private readonly GuestPhysicalSpace _space = new();
    private readonly VcpuState _state = new();
    private readonly CpuModel _model;
    private readonly IEngineInstance _engine;

    internal WholeMachine(Surroundings where, CpuFeatures features = (CpuFeatures)ulong.MaxValue)
    {
        Where = where;
        _space.AddRam(new Gpa(0), Ram, 0, 0x20_0000);
        _model = new CpuModel("test", "GenuineIntel", "Test", 6, 1, 1, 40, features);
        _engine = new InterpreterEngine().Create(_space);
        Vcpu = (InterpreterVcpu)_engine.CreateVcpu(0, _model, this);
        Tables();
        Vcpu.Load(_state);
        Enter();
    }

    public byte TaskPriority { get; set; }

    public ulong TimestampHertz => 1_000_000_000;

    internal Surroundings Where { get; }

    internal GuestRam Ram { get; } = new("test", 0x20_0000);

    internal InterpreterVcpu Vcpu { get; }

    internal byte? WaitingVector { get; set; }

    /// <summary>Called on port writes.</summary>
    internal Action<ushort>? PortWritten { get; set; }

    /// <summary>The state that the next <see cref="Step"/> or <see cref="Run"/> begins with, and afterwards the one it ended with.</summary>
    internal ref VcpuRecord R => ref _state.R;

    internal bool IsSegmented => Where.Mode is Mode.Real or Mode.Protected16 || Where.IsVirtual8086;

    internal uint CodeAt => 0x1_0000 + Start;

    internal uint StackAt => 0x2_0F00;

    internal uint DataAt => 0x3_0000 + DataOffset;

    /// <summary>A second processor on the same memory.</summary>
    internal IVcpu AddVcpu() => _engine.CreateVcpu(1, _model, this);

    /// <summary>Runs one instruction, or delivers the fault that it meets.</summary>
    internal StopReason Step() => Run(1);

    internal StopReason Run(ulong instructions)
    {
        Vcpu.Store(_state);
        StopReason reason = Vcpu.Run(new RunLimits(instructions));
        Vcpu.Load(_state);
        return reason;
    }

    internal void Put(uint at, params byte[] bytes) => Ram.Write(at, bytes);

    internal void Put16(uint at, int value) => Ram.Write(at, BitConverter.GetBytes((ushort)value));

    internal void Put32(uint at, uint value) => Ram.Write(at, BitConverter.GetBytes(value));

    internal void Put64(uint at, ulong value) => Ram.Write(at, BitConverter.GetBytes(value));

    internal ulong Get(ulong at, int size)
    {
        byte[] bytes = new byte[8];
        Ram.Read((long)at, size).CopyTo(bytes.AsSpan());
        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>Puts values of one size at the top of the stack, the first at the stack pointer.</summary>
    internal void Frame(int size, params ulong[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Ram.Write(StackAt + (i * size), BitConverter.GetBytes(values[i]).AsSpan(0, size));
        }
    }

    /// <summary>A word of the frame that delivery pushed.</summary>
    internal ulong Pushed(int index)
    {
        int size = Where.Mode == Mode.Real ? 2 : Where.IsLong ? 8 : 4;
        ulong at = R.Segment[2].Base + R.Gpr[4] + (ulong)(index * size);
        return Get(Where.IsLong ? R.Gpr[4] + (ulong)(index * size) : at, size);
    }

    internal void Gate(int vector, uint target, int dpl)
    {
        ulong low = (target & 0xFFFF) | ((ulong)(Where.IsLong ? Long0 : Code0) << 16) | (0x8EUL << 40) | ((ulong)dpl << 45) | ((ulong)(target >> 16) << 48);
        uint size = Where.IsLong ? 16u : 8;
        Put64(Idt + ((uint)vector * size), low);
    }

    internal void Descriptor(int selector, ulong start, uint limit, int attributes) =>
        Put64(Gdt + ((uint)selector & 0xFFF8), (limit & 0xFFFF) | ((start & 0xFF_FFFF) << 16) | ((ulong)attributes << 40) | ((ulong)((limit >> 16) & 0xF) << 48) | (((start >> 24) & 0xFF) << 56));

    public ulong ReadPort(ushort port, AccessSize size) => size.AllOnes();

    public void WritePort(ushort port, AccessSize size, ulong value) => PortWritten?.Invoke(port);

    public ulong ReadMmio(Gpa at, AccessSize size) => size.AllOnes();

    public void WriteMmio(Gpa at, AccessSize size, ulong value)
    {
    }

    public bool TryReadMsr(uint msr, out ulong value)
    {
        value = 0;
        return false;
    }

    public bool TryWriteMsr(uint msr, ulong value) => false;

    public bool TryAcknowledgeInterrupt(out byte vector)
    {
        vector = WaitingVector ?? 0;
        bool waits = WaitingVector is not null;
        WaitingVector = null;
        Vcpu.SetInterruptRequest(false);
        return waits;
    }

    public ulong ReadTimestamp() => Vcpu.RetiredInstructions;

    public ulong DrawRandom() => 0x8123_4567_89AB_CDEF;

    public void Dispose()
    {
        Vcpu.Dispose();
        Ram.Dispose();
    }

    private void Tables()
    {
        Descriptor(Code0, 0, 0xF_FFFF, 0xC09B);
        Descriptor(Data0, 0, 0xF_FFFF, 0xC093);
        Descriptor(Code3, 0, 0xF_FFFF, 0xC0FB);
        Descriptor(Data3, 0, 0xF_FFFF, 0xC0F3);
        Descriptor(TaskSelector, Task, 0x3FFF, 0x008B);
        Descriptor(Long0, 0, 0xF_FFFF, 0xA09B);
        Descriptor(Long3, 0, 0xF_FFFF, 0xA0FB);
        foreach (int level in (int[])[0, 3])
        {
            Descriptor(Code16 + (level == 0 ? 0 : 8), 0x1_0000, 0xFFFF, 0x009B | (level << 5));
            Descriptor(Stack16 + (level == 0 ? 0 : 8), 0x2_0000, 0xFFFF, 0x0093 | (level << 5));
            Descriptor(Data16 + (level == 0 ? 0 : 8), 0x3_0000, 0xFFFF, 0x0093 | (level << 5));
        }

        Descriptor(LdtSelector, 0x7000, 0xFF, 0x0082);
        Descriptor(FreeTask, 0x7800, 0x67, 0x0089);
        Put64(0x8000, 0x9007);
        Put64(0x9000, 0xA007);
        Put64(0xA000, 0x0087);
        Put32(Task + 4, 0xE000);
        Put32(Task + 8, Where.IsLong ? 0u : Data0);
        Put16(Task + 102, (int)IoMap);
        Ram.Write(Task + IoMap, Deny());
        for (int vector = 0; vector < 256; vector++)
        {
            uint handler = Handlers + ((uint)vector * 16);
            Put(handler, 0xF4);
            Gate(vector, handler, vector is 3 or 4 or 0x80 ? 3 : 0);
            if (!Where.IsLong)
            {
                Put32((uint)vector * 4, handler);
            }
        }

        if (Where.Mode == Mode.Real || Where.IsVirtual8086)
        {
            Put(FastTarget, 0xF4);
        }
    }

    private static byte[] Deny()
    {
        byte[] bits = new byte[8193];
        Array.Fill(bits, (byte)0xFF);
        return bits;
    }

    private void Enter()
    {
        Mode mode = Where.Mode;
        R.Cr0 = mode == Mode.Real ? Cr0.ET : Where.IsLong ? Cr0.PE | Cr0.ET | Cr0.PG : Cr0.PE | Cr0.ET;
        R.Cr3 = Where.IsLong ? 0x8000u : 0;
        R.Cr4 = (Where.IsLong ? Cr4.PAE : 0) | (mode == Mode.Virtual8086Extended ? Cr4.VME : 0);
        R.Efer = Efer.SCE | (Where.IsLong ? Efer.LMA | Efer.LME | Efer.NXE : 0);
        R.SysenterCs = FastCode;
        R.SysenterEip = FastTarget;
        R.SysenterEsp = 0xD000;
        R.Star = ((ulong)FastCode << 32) | ((ulong)(FastCode + 16) << 48);
        R.LStar = FastTarget;
        R.Rflags = 2 | ((ulong)Where.Iopl << 12) | (Where.IsVirtual8086 ? (ulong)RFlags.VM : 0);
        R.Gdtr = new DescriptorTableState { Base = Gdt, Limit = 0xFF };
        R.Idtr = mode == Mode.Real ? new DescriptorTableState { Base = 0, Limit = 0x3FF } : new DescriptorTableState { Base = Idt, Limit = 0xFFF };
        R.Segment[6] = new SegmentState { Base = 0x7000, Limit = 0xFF, Selector = LdtSelector, Attributes = 0x82 };
        R.Segment[7] = new SegmentState { Base = Task, Limit = 0x3FFF, Selector = TaskSelector, Attributes = 0x8B };
        for (int i = 0; i < 6; i++)
        {
            R.Segment[i] = Segment(i);
        }

        uint origin = IsSegmented ? 0 : 1u;
        R.Rip = Start + (origin * 0x1_0000);
        R.Gpr[4] = StackAt - (IsSegmented ? 0x2_0000u : 0);
        foreach (int pointer in (int[])[3, 6, 7])
        {
            R.Gpr[pointer] = DataOffset + (origin * 0x3_0000);
        }
    }

    private SegmentState Segment(int number)
    {
        int dpl = Where.Cpl << 5;
        uint start = number switch { 1 => 0x1_0000, 2 => 0x2_0000, _ => 0x3_0000 };
        if (Where.Mode == Mode.Real || Where.IsVirtual8086)
        {
            return new SegmentState { Base = start, Limit = 0xFFFF, Selector = (ushort)(start >> 4), Attributes = (ushort)(0x93 | dpl) };
        }

        int type = number == 1 ? 0x9B : 0x93;
        if (Where.Mode == Mode.Protected16)
        {
            int selector = (number switch { 1 => Code16, 2 => Stack16, _ => Data16 }) + (Where.Cpl == 0 ? 0 : 8 + 3);
            return new SegmentState { Base = start, Limit = 0xFFFF, Selector = (ushort)selector, Attributes = (ushort)(type | dpl) };
        }

        bool long64 = Where.Mode == Mode.Long && number == 1;
        ushort flat = number == 1 ? (long64 ? Where.Cpl == 0 ? Long0 : Long3 : Where.Cpl == 0 ? Code0 : Code3) : Where.Cpl == 0 ? Data0 : Data3;
        return new SegmentState { Limit = uint.MaxValue, Selector = flat, Attributes = (ushort)(type | dpl | (long64 ? 0xA000 : 0xC000)) };
    }
}
