using System;
using System.IO;
using Doppel.Cpu;
using Doppel.Machine.Boot;
using Doppel.Machine.Firmware;
using Doppel.Memory;
using Doppel.Motherboard;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>
/// What firmware does at power-on and after every reset, done by the host: opens address line 20, puts the ACPI tables into the firmware area,
/// loads the boot image and sets the boot processor at its entry. Everything else is left as the chips' resets leave it.
/// </summary>
internal sealed class BootFirmware
{
    private const ushort FastGatePort = 0x92;
    private const ulong FastGateOpen = 2;
    private const int RandomSeedBytes = 32;

    private readonly BootImage _image;
    private readonly BootRequest _request;
    private readonly MemoryMap _map;
    private readonly byte[] _tables;

    /// <summary>Reads the files of <paramref name="spec"/> and recognises the image.</summary>
    /// <exception cref="BootException">A file cannot be read or used.</exception>
    public BootFirmware(MachineSpec spec, CpuModel model, MemoryMap map, AcpiHardware hardware)
    {
        ReadOnlyMemory<byte> kernel = spec.Kernel.IsEmpty ? ReadFile("kernel", spec.KernelPath) : spec.Kernel;
        ReadOnlyMemory<byte> initrd = spec.Initrd.IsEmpty && spec.InitrdPath is not null ? ReadFile("initrd", spec.InitrdPath) : spec.Initrd;
        _image = BootImage.Detect(kernel);
        _request = new BootRequest(initrd, spec.CommandLine, spec.Unpack, model.Has(CpuFeatures.Lm), MemoryMap.FirmwareArea);
        _map = map;
        _tables = AcpiTables.Build((uint)MemoryMap.FirmwareArea, hardware);
    }

    /// <summary>The boot protocol's name.</summary>
    public string Protocol => _image.Protocol;

    /// <summary>Starts the machine over; processors and devices have just been reset.</summary>
    public void Start(GuestRam ram, Board board, IVcpu vcpu)
    {
        board.Ports.Write(FastGatePort, AccessSize.Byte, FastGateOpen);
        BootMemory memory = new(ram, _map);
        memory.Write(MemoryMap.FirmwareArea, _tables);
        byte[] seed = new byte[RandomSeedBytes];
        board.Random.Fill(seed);
        CpuEntry entry = _image.Load(memory, _request with { RandomSeed = seed });
        VcpuState state = new();
        vcpu.Load(state);
        entry.ApplyTo(ref state.R);
        vcpu.Store(state);
    }

    private static byte[] ReadFile(string what, string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new BootException("the machine has nothing to boot; name a kernel");
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new BootException($"cannot read the {what} {path}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
