using System;
using System.IO;
using Doppel.Backends;
using Doppel.Cpu;
using Doppel.Devices;
using Doppel.Devices.Chipset.Pic;
using Doppel.Devices.Display.Vga;
using Doppel.Devices.Pci;
using Doppel.Memory;
using Doppel.Motherboard;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Machine.Tests.Display;

/// <summary>
/// A board with PCI, a standard VGA and a processor in real mode, which runs the VGA BIOS of SeaBIOS and nothing else: each call is INT 10h and HLT.
/// </summary>
internal sealed class VgaBiosBench : IDisposable
{
    private const string BiosFile = "/usr/share/seabios/vgabios-stdvga.bin";
    private const ulong Code = 0x7000;
    private const uint FrameBuffer = 0xE000_0000;
    private const int Function = 0x10; // bus 0, device 2, function 0

    private readonly GuestRam _ram = new("ram", 1 << 20);
    private readonly GuestRam _video = new("vram", StandardVga.UsualMemoryBytes);
    private readonly InstructionTime _time;
    private readonly IEngineInstance _instance;
    private readonly IVcpu _vcpu;

    private VgaBiosBench(byte[] bios)
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, 1 << 20);
        _time = new InstructionTime(() => _vcpu?.RetiredInstructions ?? 0);
        Board = new Board(space, _time);
        Board.AddPic(new Pic8259Pair());
        PciBus bus = new();
        HostBridge440Fx host = new();
        Vga = new StandardVga(_video);
        Board.Add(bus);
        bus.Add(0, 0, host);
        bus.Add(2, 0, Vga);
        Board.Add(host);
        Board.Add(Vga);
        ICpuEngine engine = Engines.Find("auto")!;
        _instance = engine.Create(space);
        _vcpu = _instance.CreateVcpu(0, CpuModels.Find(new MachineSpec().CpuModel), Board.Sockets[0]);
        Board.Sockets[0].Insert(_vcpu);
        Board.Reset(ResetKind.PowerOn);
        Vga.WriteConfig(0x10, AccessSize.Dword, FrameBuffer);
        Vga.WriteConfig(0x04, AccessSize.Word, 3);
        Screen = new VgaScreen(Vga);
        _ram.Write(0xC_0000, bios);

        // CALL C000:0003, HLT.
        Run([0x9A, 0x03, 0x00, 0x00, 0xC0, 0xF4], Function, 0, 0, 0);
    }

    public Board Board { get; }

    public StandardVga Vga { get; }

    public VgaScreen Screen { get; }

    public ScreenPicture Picture { get; } = new();

    public GuestRam Ram => _ram;

    /// <summary>The bench after the BIOS initialised the adapter, or the test is skipped.</summary>
    public static VgaBiosBench StartOrSkip()
    {
        Assert.SkipUnless(File.Exists(BiosFile), "no " + BiosFile + "; install the package seabios");
        return new VgaBiosBench(File.ReadAllBytes(BiosFile));
    }

    /// <summary>INT 10h; returns AX.</summary>
    public ushort Int10(int ax, int bx = 0, int cx = 0, int dx = 0, int di = 0) => Run([0xCD, 0x10, 0xF4], ax, bx, cx, dx, di);

    /// <summary>Runs real-mode code that ends with HLT.</summary>
    public ushort Run(ReadOnlySpan<byte> code, int ax, int bx, int cx, int dx, int di = 0)
    {
        _ram.Write((long)Code, code);
        VcpuState state = new();
        _vcpu.Load(state);
        for (int i = 0; i < 6; i++)
        {
            state.R.Segment[i] = new SegmentState { Limit = 0xFFFF, Attributes = (ushort)(i == 1 ? 0x9B : 0x93) };
        }

        (state.R.Gpr[0], state.R.Gpr[1], state.R.Gpr[2], state.R.Gpr[3]) = ((ulong)ax, (ulong)cx, (ulong)dx, (ulong)bx);
        (state.R.Gpr[4], state.R.Gpr[7]) = (0x6F00, (ulong)di);
        state.R.Rip = Code;
        state.R.Rflags = 2;
        state.R.Activity = VcpuActivity.Running;
        _vcpu.Store(state);
        Assert.Equal(StopReason.Halt, _vcpu.Run(new RunLimits(50_000_000)));
        _vcpu.Load(state);
        Assert.Equal(Code + (ulong)code.Length, state.R.Rip);
        return (ushort)state.R.Gpr[0];
    }

    public uint Pixel(int x, int y) => Picture.Row(y)[x];

    public void Write(uint at, byte value) => Board.Sockets[0].WriteMmio(new Gpa(at), AccessSize.Byte, value);

    public void Dispose()
    {
        _vcpu.Dispose();
        _instance.Dispose();
        _ram.Dispose();
        _video.Dispose();
    }
}
