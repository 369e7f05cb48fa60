using System;
using System.Buffers.Binary;
using Doppel.Cpu.Interpreter;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Entry into system-management mode, its state-save area, and RSM.</summary>
public sealed class SystemManagementTests : IVcpuBus, IDisposable
{
    private const CpuFeatures All = (CpuFeatures)ulong.MaxValue;
    private const int Base = 0x3_0000;
    private const int Handler = Base + 0x8000;
    private const int Area = Base + 0x8000;
    private const int CodeAt = 0x7C00;
    private const int Mark = 0x500;

    // mov byte [0x500], 1 (DS base 0); rsm
    private static readonly byte[] s_marks = [0xC6, 0x06, 0x00, 0x05, 0x01, 0x0F, 0xAA];

    private readonly GuestRam _ram = new("test", 0x10_0000);
    private readonly GuestPhysicalSpace _space = new();
    private readonly VcpuState _state = new();
    private IEngineInstance? _engine;
    private IVcpu _cpu = null!;
    private int _entries;
    private bool _isActive;

    public SystemManagementTests() => _space.AddRam(new Gpa(0), _ram, 0, 0x10_0000);

    public byte TaskPriority { get; set; }

    public ulong TimestampHertz => 1_000_000_000;

    private ref VcpuRecord R => ref _state.R;

    public void Dispose()
    {
        _cpu.Dispose();
        _engine?.Dispose();
        _ram.Dispose();
    }

    public void SetSystemManagement(bool active)
    {
        _entries += active && !_isActive ? 1 : 0;
        _isActive = active;
    }

    [Theory]
    [InlineData(All, 0x2_0064u)]
    [InlineData(All & ~CpuFeatures.Lm, 0x2_0000u)]
    public void The_state_is_saved_by_its_revision_and_comes_back(CpuFeatures features, uint revision)
    {
        Make(features, [0x40, 0x40, 0x40]); // inc ax, three times
        Put(Handler, s_marks);
        for (int i = 0; i < 8; i++)
        {
            R.Gpr[i] = 0x1000u + (uint)i;
        }

        R.Rflags = 0x246;
        R.Segment[3].Selector = 0x1234;
        R.Segment[3].Base = 0x1_2340;
        R.Gdtr = new DescriptorTableState { Base = 0x1_0000, Limit = 0x27 };
        _cpu.Store(_state);
        VcpuState before = new();
        _cpu.Load(before);
        _cpu.RaiseSmi();
        _ = _cpu.Run(new RunLimits(1));
        Assert.True(_isActive);
        _cpu.Load(_state);
        Assert.Equal(0x8000UL, R.Rip);
        Assert.Equal((ulong)Base, R.Segment[1].Base);
        Assert.Equal(uint.MaxValue, R.Segment[1].Limit);
        Assert.Equal(0UL, R.Segment[3].Base);
        Assert.Equal(2UL, R.Rflags);
        Assert.Equal(1u, R.SystemManagement);
        Assert.Equal(revision, Dword(Area + 0x7EFC));
        bool wide = revision == 0x2_0064;
        Assert.Equal(0x1000u, Dword(Area + (wide ? 0x7FF8 : 0x7FD0)));
        Assert.Equal(0x1004u, Dword(Area + (wide ? 0x7FD8 : 0x7FE0)));
        Assert.Equal(0x1007u, Dword(Area + (wide ? 0x7FC0 : 0x7FEC)));
        Assert.Equal((uint)Base, Dword(Area + (wide ? 0x7F00 : 0x7EF8)));
        Assert.Equal((uint)CodeAt, Dword(Area + (wide ? 0x7F78 : 0x7FF0)));
        Assert.Equal(0x246u, Dword(Area + (wide ? 0x7F70 : 0x7FF4)));
        _ = _cpu.Run(new RunLimits(2));
        Assert.False(_isActive);
        Assert.Equal(1, _ram.Read(Mark, 1)[0]);
        _cpu.Load(_state);
        Assert.Equal(before.R.Retired + 3, R.Retired);
        R.Retired = before.R.Retired;
        Assert.True(Same(before.R, R));
        Assert.Equal(1, _entries);
    }

    [Fact]
    public void The_base_can_be_moved()
    {
        Make(All, [0x40, 0x40, 0x40]);
        Put(Handler, [0x66, 0xC7, 0x06, .. Word(0xFF00), 0x00, 0x00, 0x04, 0x00, 0x0F, 0xAA], segmentFix: true);
        _cpu.RaiseSmi();
        _ = _cpu.Run(new RunLimits(3));
        _cpu.Load(_state);
        Assert.Equal(0x4_0000UL, R.SmBase);
        Put(0x4_8000, s_marks);
        _cpu.RaiseSmi();
        _ = _cpu.Run(new RunLimits(3));
        Assert.Equal(1, _ram.Read(Mark, 1)[0]);
    }

    [Fact]
    public void Outside_of_it_RSM_is_undefined()
    {
        Make(All, [0x0F, 0xAA]);
        Put(6 * 4, [0x00, 0x90, 0x00, 0x00]);
        _ = _cpu.Run(new RunLimits(1));
        _cpu.Load(_state);
        Assert.Equal(0x9000UL, R.Rip);
    }

    [Fact]
    public void Another_request_waits_until_RSM()
    {
        Make(All, [0x40, 0x40, 0x40]);
        Put(Handler, s_marks);
        _cpu.RaiseSmi();
        _ = _cpu.Run(new RunLimits(1));
        _cpu.RaiseSmi();
        _cpu.RaiseNmi();
        _ = _cpu.Run(new RunLimits(1));
        Assert.Equal(1, _entries);
        _ = _cpu.Run(new RunLimits(2));
        Assert.Equal(2, _entries);
        Assert.True(_isActive);
    }

    [Fact]
    public void A_halted_processor_halts_again()
    {
        Make(All, [0xF4]);
        Put(Handler, s_marks);
        Assert.Equal(StopReason.Halt, _cpu.Run(new RunLimits(10)));
        _cpu.RaiseSmi();
        Assert.Equal(StopReason.Halt, _cpu.Run(new RunLimits(10)));
        Assert.Equal(1, _ram.Read(Mark, 1)[0]);
        Assert.Equal(1, _entries);
    }

    [Fact]
    public void A_state_that_cannot_be_shuts_the_processor_down()
    {
        Make(All, [0x40, 0x40, 0x40]);
        Put(Handler, s_marks);
        _cpu.RaiseSmi();
        _ = _cpu.Run(new RunLimits(1));
        Put(Area + 0x7F58, [0x00, 0x00, 0x00, 0x80]); // CR0: PG without PE
        Assert.Equal(StopReason.Shutdown, _cpu.Run(new RunLimits(10)));
        Assert.False(_isActive);
    }

    [Fact]
    public void Any_saved_state_is_harmless()
    {
        Random random = new(11);
        for (int round = 0; round < 300; round++)
        {
            Make(All, [0x40, 0x40, 0x40]);
            Put(Handler, s_marks);
            _cpu.RaiseSmi();
            _ = _cpu.Run(new RunLimits(1));
            byte[] garbage = new byte[0x200];
            random.NextBytes(garbage);
            if ((round & 1) != 0)
            {
                // Control registers and flags of some possible state, so that it goes on.
                BinaryPrimitives.WriteUInt64LittleEndian(garbage.AsSpan(0x158), (ulong)(random.Next(4) == 0 ? 0x10 : 0x11));
                BinaryPrimitives.WriteUInt64LittleEndian(garbage.AsSpan(0x148), 0);
                BinaryPrimitives.WriteUInt64LittleEndian(garbage.AsSpan(0xD0), 0);
            }

            Put(Area + 0x7E00, garbage);
            _ = _cpu.Run(new RunLimits(200));
            _ = _cpu.Describe();
            _cpu.Dispose();
            _engine!.Dispose();
        }

        Make(All, [0x90]);
    }

    public ulong ReadPort(ushort port, AccessSize size) => size.AllOnes();

    public void WritePort(ushort port, AccessSize size, ulong value)
    {
    }

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
        vector = 0;
        return false;
    }

    public ulong ReadTimestamp() => 0;

    public ulong DrawRandom() => 0;

    private static byte[] Word(ushort value) => [(byte)value, (byte)(value >> 8)];

    private static bool Same(in VcpuRecord one, in VcpuRecord other)
    {
        ReadOnlySpan<byte> left = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<VcpuRecord>(in one));
        return left.SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<VcpuRecord>(in other)));
    }

    private void Make(CpuFeatures features, byte[] code)
    {
        _engine = new InterpreterEngine().Create(_space);
        _cpu = _engine.CreateVcpu(0, new CpuModel("test", "GenuineIntel", "Test", 6, 1, 1, 40, features), this);
        Put(CodeAt, code);
        _cpu.Load(_state);
        R.Segment[1].Selector = 0;
        R.Segment[1].Base = 0;
        R.Rip = CodeAt;
        R.Gpr[4] = 0x7000;
        _cpu.Store(_state);
    }

    // With segmentFix: mov dword in the handler goes through CS, whose base is SMBASE.
    private void Put(int at, byte[] bytes, bool segmentFix = false) => _ram.Write(at, segmentFix ? [0x2E, .. bytes] : bytes);

    private uint Dword(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_ram.Read(at, 4));
}
