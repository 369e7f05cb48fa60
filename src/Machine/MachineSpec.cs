using System;
using System.Collections.Generic;
using System.IO;
using Doppel.Backends;
using Doppel.Machine.Replay;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>
/// What a machine is made of. Immutable; one spec can make many machines, save for the back-ends, which belong to the caller and serve
/// one machine at a time. The machine does not dispose them.
/// </summary>
public sealed record MachineSpec
{
    /// <summary>Smallest RAM that a machine takes.</summary>
    public const long MinMemoryBytes = 1L << 20;

    /// <summary>Largest RAM that a machine takes.</summary>
    public const long MaxMemoryBytes = 1L << 40;

    /// <summary>RAM in bytes: a multiple of 4096 from <see cref="MinMemoryBytes"/> to <see cref="MaxMemoryBytes"/>.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>CPU model by name, with changes of features behind commas (<see cref="CpuModels.Find"/>).</summary>
    public string CpuModel { get; init; } = CpuModels.Default.Name;

    /// <summary>Most virtual CPUs that a machine takes.</summary>
    public const int MaxCpus = VirtualProcessors.Most;

    /// <summary>Number of virtual CPUs, 1 to <see cref="MaxCpus"/>; more than one need a <see cref="CpuModel"/> with a local APIC.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>Engine by name, or "auto" for the best that works on this host (<see cref="Engines"/>).</summary>
    public string Engine { get; init; } = "auto";

    /// <summary>File of the kernel: bzImage, ELF or multiboot, told apart by content. Ignored when <see cref="Kernel"/> holds bytes.</summary>
    public string? KernelPath { get; init; }

    /// <summary>File of the initial RAM disk, or null. Ignored when <see cref="Initrd"/> holds bytes.</summary>
    public string? InitrdPath { get; init; }

    /// <summary>The kernel itself, for callers that have it in memory.</summary>
    public ReadOnlyMemory<byte> Kernel { get; init; }

    /// <summary>The initial RAM disk itself, for callers that have it in memory.</summary>
    public ReadOnlyMemory<byte> Initrd { get; init; }

    /// <summary>Kernel command line; ASCII, without terminator.</summary>
    public string CommandLine { get; init; } = string.Empty;

    /// <summary>True: the host unpacks a bzImage and enters the kernel proper. False: the kernel's own decompressor runs in the guest.</summary>
    public bool Unpack { get; init; } = true;

    /// <summary>Far end of COM1, or null for an unconnected port.</summary>
    public ICharacterBackend? Serial0 { get; init; }

    /// <summary>Far end of COM2, or null for an unconnected port.</summary>
    public ICharacterBackend? Serial1 { get; init; }

    /// <summary>Far end of the parallel port LPT1, or null for nothing plugged in.</summary>
    public ICharacterBackend? Parallel0 { get; init; }

    /// <summary>
    /// File of the PC firmware (BIOS or UEFI, told apart by content) that starts the machine, as a PC's own does from reset; null: the host does the firmware's work and starts
    /// <see cref="KernelPath"/> itself. <see cref="FirmwareLocator"/> finds it. Ignored when <see cref="Firmware"/> holds bytes.
    /// </summary>
    public string? FirmwarePath { get; init; }

    /// <summary>The firmware itself, for callers that have it in memory.</summary>
    public ReadOnlyMemory<byte> Firmware { get; init; }

    /// <summary>
    /// File of the display adapter's ROM, its BIOS; null: none. Firmware runs it, or, where the host starts a kernel, the processor does before it enters
    /// the kernel, which then finds a text screen. Needs <see cref="HasDisplay"/>.
    /// </summary>
    public string? VideoRomPath { get; init; }

    /// <summary>The display adapter's ROM itself, for callers that have it in memory.</summary>
    public ReadOnlyMemory<byte> VideoRom { get; init; }

    /// <summary>Whether the display adapter has a BIOS.</summary>
    public bool HasVideoRom => VideoRomPath is not null || !VideoRom.IsEmpty;

    /// <summary>Whether firmware starts the machine.</summary>
    public bool HasFirmware => FirmwarePath is not null || !Firmware.IsEmpty;

    /// <summary>Where UEFI firmware keeps its variables; null: in memory, so that they are gone with the machine.</summary>
    public IBlockBackend? FirmwareVariables { get; init; }

    /// <summary>Where the firmware's log goes (port 0x402), or null for nowhere.</summary>
    public ICharacterBackend? FirmwareLog { get; init; }

    /// <summary>Whether the machine has a display adapter. One that boots through firmware should.</summary>
    public bool HasDisplay { get; init; }

    /// <summary>Disks, CD-ROM and floppy drives, each with what is in it.</summary>
    public IReadOnlyList<DriveSpec> Drives { get; init; } = [];

    /// <summary>What the firmware tries in turn: letters a (floppy), c (disk), d (CD-ROM).</summary>
    public string BootOrder { get; init; } = "cad";

    /// <summary>Where bytes written to port 0xE9 go, or null for nowhere.</summary>
    public ICharacterBackend? DebugConsole { get; init; }

    /// <summary>True: guest time is retired instructions, and the same spec and image give the same states on every host. False: guest time is the host's monotonic clock.</summary>
    public bool Deterministic { get; init; }

    /// <summary>
    /// Seed of every random-looking value that the guest is given: RDRAND, RDSEED, the seed for Linux's own generator. Null: the host's entropy in
    /// real time, 0 in deterministic mode.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>
    /// Calendar time at power-on, UTC, in nanoseconds since 1970-01-01. Null: the host's clock in real time,
    /// <see cref="DeterministicEpochNanoseconds"/> in deterministic mode.
    /// </summary>
    public long? EpochNanoseconds { get; init; }

    /// <summary>Calendar time at power-on of a deterministic machine that names no other: 2025-01-01T00:00:00Z.</summary>
    public const long DeterministicEpochNanoseconds = 1_735_689_600_000_000_000;

    /// <summary>Retired-instruction count at which <see cref="VirtualMachine.Run"/> stops with the state hash; needs <see cref="Deterministic"/>.</summary>
    public ulong? HashAt { get; init; }

    /// <summary>Serial input, keys and movements of the mouse that come at counts of instructions; needs <see cref="Deterministic"/>. Replay takes it from the log instead.</summary>
    public IReadOnlyList<ScriptedInput> Script { get; init; } = [];

    /// <summary>
    /// In deterministic mode: true lets idle time take as long on the host as it says, until <see cref="VirtualMachine.StopPacing"/>, so that a person
    /// can type into it; false skips it.
    /// </summary>
    public bool PacesIdleTime { get; init; }

    /// <summary>
    /// Where all outside input and the end of each run are logged, or null; needs <see cref="Deterministic"/>. The stream is the caller's, serves one
    /// machine, and is flushed at every record.
    /// </summary>
    public Stream? RecordTo { get; init; }

    /// <summary>
    /// A log that <see cref="RecordTo"/> has taken, or null: the machine is given its input and nothing else, and ends where the recorded one did. Where
    /// <see cref="Seed"/> and <see cref="EpochNanoseconds"/> are null they come from the log. The stream is the caller's and serves one machine.
    /// </summary>
    public Stream? ReplayFrom { get; init; }

    /// <summary>Host time, over all runs, after which <see cref="VirtualMachine.Run"/> gives up with <see cref="MachineExitKind.Timeout"/>; null: never.</summary>
    public TimeSpan? MaxTime { get; init; }
}

/// <summary>A machine that cannot be made as asked. The message is one line for people: what is wrong and what to do.</summary>
public sealed class MachineSpecException : Exception
{
    /// <summary>Creates the error.</summary>
    public MachineSpecException(string message)
        : base(message)
    {
    }
}
