using System;
using System.Buffers.Binary;
using Doppel.Cpu;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Registers;

namespace Doppel.Agreement.Tests;

/// <summary>
/// A machine of one CPU and 256 KiB for 32-bit user code, without any board: flat segments, CPL 3, paging, and for each vector a handler that
/// is one HLT in ring 0. Linear addresses: data 10000000-10003FFF, code 20000000-20000FFF, both open to the user; C0000000-C003FFFF is the
/// RAM itself, for the supervisor; all else is not mapped.
/// </summary>
internal sealed class FlatBench : IDisposable
{
    internal const uint DataLinear = 0x1000_0000;
    internal const int DataLength = 0x4000;
    internal const uint CodeLinear = 0x2000_0000;
    internal const int CodeLength = 0x1000;

    private const uint KernelLinear = 0xC000_0000;
    private const int RamLength = 0x4_0000;
    private const int DirectoryAt = 0x1000;
    private const int DataTableAt = 0x2000;
    private const int CodeTableAt = 0x3000;
    private const int KernelTableAt = 0x4000;
    private const int GdtAt = 0x5000;
    private const int IdtAt = 0x6000;
    private const int TssAt = 0x7000;
    private const int HandlersAt = 0x8000;
    private const int HandlerStride = 16;
    private const int StackTop = 0xC000;
    private const int DataAt = 0x1_0000;
    private const int CodeAt = 0x1_4000;
    private const ushort KernelCode = 0x08;
    private const ushort KernelData = 0x10;
    private const ushort UserCode = 0x1B;
    private const ushort UserData = 0x23;
    private const ushort TaskState = 0x28;

    // Present, writable, user, accessed, dirty: set beforehand, so that a case changes no page table.
    private const uint UserPage = 0x67;
    private const uint KernelPage = 0x63;

    private readonly GuestRam _ram = new("flat-bench", RamLength);
    private readonly IEngineInstance _engine;

    internal FlatBench(ICpuEngine engine)
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, RamLength);
        WritePageTables();
        WriteSegments();
        WriteHandlers();
        _engine = engine.Create(space);
        Vcpu = _engine.CreateVcpu(0, Engines.Model, new QuietBus());
        Vcpu.Reset();
        Vcpu.Load(State);
        PrepareState();
    }

    internal IVcpu Vcpu { get; }

    /// <summary>The state that <see cref="Start"/> stores and <see cref="Finish"/> loads.</summary>
    internal VcpuState State { get; } = new();

    internal ReadOnlySpan<byte> Data => _ram.Read(DataAt, DataLength);

    /// <summary>Whether the CPU stands in an exception handler.</summary>
    internal bool Faulted => State.R.Segment[1].Selector == KernelCode;

    /// <summary>Vector of the handler the CPU stands in (or has halted in).</summary>
    internal int FaultVector => (int)((State.R.Rip - KernelLinear - HandlersAt) / HandlerStride);

    internal void WriteData(int offset, ReadOnlySpan<byte> bytes) => _ram.Write(DataAt + offset, bytes);

    internal void WriteCode(int offset, ReadOnlySpan<byte> bytes) => _ram.Write(CodeAt + offset, bytes);

    /// <summary>Puts segments and flags back to user mode and gives <see cref="State"/> to the CPU; the caller set registers and RIP.</summary>
    internal void Start()
    {
        for (int i = 0; i < 6; i++)
        {
            bool isCode = i == 1;
            State.R.Segment[i] = new SegmentState { Limit = uint.MaxValue, Selector = isCode ? UserCode : UserData, Attributes = (ushort)(isCode ? 0xC0FB : 0xC0F3) };
        }

        State.R.Rflags |= (ulong)(RFlags.Fixed1 | RFlags.IF);
        State.R.Activity = VcpuActivity.Running;
        State.R.InterruptShadow = 0;
        State.R.PendingDebug = 0;
        State.R.Dr[6] = 0xFFFF_0FF0;
        Vcpu.Store(State);
    }

    internal void Finish() => Vcpu.Load(State);

    /// <summary>The frame that the exception pushed: error code (0 if none), EIP, EFLAGS, ESP.</summary>
    internal (uint ErrorCode, uint Eip, uint Eflags, uint Esp) Frame(bool hasErrorCode)
    {
        long at = (uint)State.R.Gpr[4] - KernelLinear;
        if (at < StackTop - 24 || at > StackTop - 20)
        {
            return (uint.MaxValue, 0, 0, 0);
        }

        uint error = hasErrorCode ? Read32(at) : 0;
        at += hasErrorCode ? 4 : 0;
        return (error, Read32(at), Read32(at + 8), Read32(at + 12));
    }

    public void Dispose()
    {
        Vcpu.Dispose();
        _engine.Dispose();
        _ram.Dispose();
    }

    private uint Read32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(_ram.Read(at, 4));

    private void Write32(int at, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _ram.Write(at, bytes);
    }

    private void WritePageTables()
    {
        Write32(DirectoryAt + (int)(DataLinear >> 22) * 4, DataTableAt | UserPage);
        Write32(DirectoryAt + (int)(CodeLinear >> 22) * 4, CodeTableAt | UserPage);
        Write32(DirectoryAt + (int)(KernelLinear >> 22) * 4, KernelTableAt | KernelPage);
        for (int page = 0; page < DataLength >> 12; page++)
        {
            Write32(DataTableAt + page * 4, (uint)(DataAt + (page << 12)) | UserPage);
        }

        Write32(CodeTableAt, CodeAt | UserPage);
        for (int page = 0; page < RamLength >> 12; page++)
        {
            Write32(KernelTableAt + page * 4, (uint)(page << 12) | KernelPage);
        }
    }

    private void WriteSegments()
    {
        WriteDescriptor(KernelCode, 0, 0xFFFFF, 0xC09B);
        WriteDescriptor(KernelData, 0, 0xFFFFF, 0xC093);
        WriteDescriptor(UserCode & ~7, 0, 0xFFFFF, 0xC0FB);
        WriteDescriptor(UserData & ~7, 0, 0xFFFFF, 0xC0F3);
        WriteDescriptor(TaskState, KernelLinear + TssAt, 0x67, 0x008B);
        Write32(TssAt + 4, KernelLinear + StackTop);
        Write32(TssAt + 8, KernelData);
    }

    private void WriteDescriptor(int selector, uint linear, uint limit, uint attributes)
    {
        Write32(GdtAt + selector, (limit & 0xFFFF) | (linear << 16));
        Write32(GdtAt + selector + 4, ((linear >> 16) & 0xFF) | (attributes << 8) | (limit & 0xF_0000) | (linear & 0xFF00_0000));
    }

    private void WriteHandlers()
    {
        for (int vector = 0; vector < 256; vector++)
        {
            uint handler = KernelLinear + HandlersAt + (uint)(vector * HandlerStride);
            uint gate = vector is 3 or 4 ? 0xEE00u : 0x8E00u;
            Write32(IdtAt + vector * 8, (handler & 0xFFFF) | (uint)KernelCode << 16);
            Write32(IdtAt + vector * 8 + 4, (handler & 0xFFFF_0000) | gate);
            _ram.Write(HandlersAt + vector * HandlerStride, [0xF4]);
        }
    }

    private void PrepareState()
    {
        ref VcpuRecord r = ref State.R;
        r.Cr0 = Cr0.PE | Cr0.MP | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.PG;
        r.Cr3 = DirectoryAt;
        r.Cr4 = Cr4.OSFXSR | Cr4.OSXMMEXCPT;
        r.Gdtr = new DescriptorTableState { Base = KernelLinear + GdtAt, Limit = TaskState + 7 };
        r.Idtr = new DescriptorTableState { Base = KernelLinear + IdtAt, Limit = 256 * 8 - 1 };
        r.Segment[6] = default;
        r.Segment[7] = new SegmentState { Base = KernelLinear + TssAt, Limit = 0x67, Selector = TaskState, Attributes = 0x008B };
    }
}
