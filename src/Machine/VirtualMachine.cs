using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using Doppel.Backends;
using Doppel.Cpu;
using Doppel.Devices;
using Doppel.Host;
using Doppel.Machine.Replay;
using Doppel.Machine.Snapshot;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>
/// A virtual PC: memory, board, devices, engine and virtual CPUs, powered on with its boot image loaded. All members belong to the
/// thread that made it, save <see cref="Input"/>, <see cref="PostSerialInput"/>, <see cref="WaitForSerialRoom"/> and <see cref="RequestStop"/>.
/// </summary>
public sealed class VirtualMachine : IDisposable
{
    private const int GenerationEvent = 0;

    private readonly PcHardware _hardware;
    private readonly BootFirmware _firmware;
    private readonly OutsideInputs _inputs;
    private readonly RunLoop _loop;
    private readonly RunLog _log;
    private List<IBlockBackend> _ownMedia = [];
    private bool _isRestored;
    private bool _hasRun;
    private bool _isDisposed;

    /// <summary>Builds the machine and loads its boot image.</summary>
    /// <exception cref="MachineSpecException">The spec asks for what does not exist.</exception>
    /// <exception cref="Boot.BootException">The boot image is missing, damaged, or does not fit.</exception>
    public VirtualMachine(MachineSpec spec)
        : this(spec, SpecChecks.FindEngine(spec))
    {
    }

    /// <summary>
    /// Builds a machine that goes on where the one in <paramref name="snapshot"/> was saved. Memory is read when the guest touches it, so
    /// <see cref="SnapshotFile.Verify"/> should run meanwhile.
    /// </summary>
    /// <param name="snapshot">Must stay open as long as the machine lives.</param>
    /// <param name="spec">
    /// <see cref="SnapshotFile.Spec"/> with back-ends, limits or time mode added, and another <see cref="MachineSpec.Seed"/> if this shall not be an exact
    /// duplicate; memory and CPU must be the same.
    /// </param>
    /// <exception cref="MachineSpecException">The spec is of another machine, or the host cannot make this one.</exception>
    /// <exception cref="StateFormatException">The snapshot cannot be restored.</exception>
    public VirtualMachine(SnapshotFile snapshot, MachineSpec spec)
        : this(spec, SpecChecks.FindEngine(spec), () => GuestRam.Over(SpecChecks.CheckShape(snapshot, spec).Ram, "ram"), snapshot.ReadBootMedia, machine =>
        {
            machine.RestoreFrom(snapshot.ReadState());
            snapshot.RestoreMedia(machine._hardware);
            if (machine.Spec.Seed != snapshot.Spec.Seed)
            {
                machine.Reseed();
            }
        })
    {
    }

    internal VirtualMachine(MachineSpec spec, ICpuEngine engine)
        : this(spec, engine, () => new GuestRam("ram", spec.MemoryBytes), () => BootMedia.Of(spec), machine => machine.Restart(ResetKind.PowerOn))
    {
    }

    private VirtualMachine(MachineSpec spec, ICpuEngine engine, Func<GuestRam> ram, Func<BootMedia> media, Action<VirtualMachine> start)
    {
        SpecChecks.Check(spec);
        ReplayLogReader? log = RunLog.Open(spec.ReplayFrom);
        spec = RunLog.Complete(spec, log?.Facts);
        CpuModel model = SpecChecks.FindModel(spec.CpuModel) with { Processors = spec.Cpus };
        Spec = spec;
        Engine = engine;
        Lazy<BootMedia> files = new(media);
        BootMedia? firmware = spec.HasFirmware ? files.Value : null;
        _hardware = new PcHardware(spec, engine, model, ram(), firmware);
        try
        {
            if (spec.Deterministic && (_hardware.Caps & EngineCaps.Deterministic) == 0)
            {
                throw new MachineSpecException($"the engine \"{engine.Name}\" has no deterministic mode; choose another engine");
            }

            _firmware = new BootFirmware(spec, model, _hardware.Map, _hardware.Acpi, files, _hardware.Firmware);
            _inputs = new OutsideInputs(_hardware, isOpen: log is null);
            _log = new RunLog(spec.RecordTo is { } to ? new ReplayLogWriter(to) : null, log, log is null ? null : new InputReplay(log, _inputs.Sinks));
            _loop = new RunLoop(_hardware, _inputs, spec, _log);
            _inputs.Arrived = _loop.Wake;
            start(this);
            _log.CheckMachine(this);
        }
        catch
        {
            _loop?.Dispose();
            _hardware.Dispose();
            throw;
        }
    }

    /// <summary>What the machine was made from.</summary>
    public MachineSpec Spec { get; }

    /// <summary>The engine at work.</summary>
    public ICpuEngine Engine { get; }

    /// <summary>The CPU model at work.</summary>
    public CpuModel CpuModel => _hardware.Model;

    /// <summary>The boot protocol that the image's content called for, for example "Linux 2.15".</summary>
    public string BootProtocol => _firmware.Protocol;

    /// <summary>Instructions retired since power-on, by all CPUs together.</summary>
    public ulong RetiredInstructions => _hardware.Cpus.RetiredInstructions;

    /// <summary>
    /// Retired-instruction count at which <see cref="Run"/> returns with <see cref="MachineExitKind.InstructionReached"/>, once; null: nowhere.
    /// One that has passed is reached at once. Not while the machine runs.
    /// </summary>
    public ulong? StopAt
    {
        get => _loop.StopAt;
        set => _loop.StopAt = value;
    }

    /// <summary>How a replayed run ended, if it ended as recorded; null: none did.</summary>
    public ReplayResult? Replayed => _log.Replayed;

    /// <summary>Guest time since power-on.</summary>
    public GuestTime Now => _hardware.Board.Clock.Now;

    /// <summary>Resets of the machine that the guest asked for or <see cref="Reset"/> made.</summary>
    public int ResetCount { get; private set; }

    /// <summary>Pulls the reset line: everything takes its reset state and the boot image is loaded again. Instruction count and time go on.</summary>
    /// <exception cref="InvalidOperationException">Outside input is recorded or replayed, and this would not be in the log.</exception>
    public void Reset()
    {
        CheckNotLogged("it is reset");
        ResetByGuest();
    }

    /// <summary>
    /// Runs the guest until something of <see cref="MachineExitKind"/> happens; may be called again unless the machine is off or crashed.
    /// Throws nothing that a guest could cause: a fault of Doppel itself ends as <see cref="MachineExitKind.Crash"/> with a report.
    /// </summary>
    /// <exception cref="MachineSpecException">The log to be replayed begins in another state than this machine is in.</exception>
    public MachineExit Run(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        BeginLog();
        using CancellationTokenRegistration registration = cancellation.Register(_loop.Wake);
        _hardware.Time.Resume();
        try
        {
            return _loop.Run(ResetByGuest, ComputeStateHash, cancellation);
        }
        catch (Exception e) when (e is Boot.BootException or StateFormatException)
        {
            return new MachineExit(MachineExitKind.Crash, Report: "the guest reset itself and cannot boot again: " + e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new MachineExit(MachineExitKind.Crash, Report: _hardware.Cpus.DescribeFault(e));
        }
        finally
        {
            _hardware.Time.Pause();
            Spec.Serial0?.Flush();
            Spec.Serial1?.Flush();
            Spec.DebugConsole?.Flush();
            Spec.FirmwareLog?.Flush();
        }
    }

    /// <summary>
    /// Where a person's keys and mouse go; any thread. They wait, 256 keys at most, until the guest has taken those before, and are not part of the
    /// saved state. A guest that does not ask for the mouse is not told what it has missed. Where a log is replayed nothing is taken.
    /// </summary>
    public IInputSink Input => _inputs;

    /// <summary>
    /// Gives bytes to serial port <paramref name="port"/> (0 or 1). Any thread; they wait until the guest has raised RTS or enabled the receiver's
    /// interrupt, and the UART has room.
    /// </summary>
    /// <returns>How many were taken: all, unless 64 KiB wait already, or none where a log is replayed.</returns>
    public int PostSerialInput(int port, ReadOnlySpan<byte> bytes)
    {
        if (_log.Replay is not null)
        {
            return 0;
        }

        int taken = _inputs.Serial[port].Post(bytes);
        _loop.Wake();
        return taken;
    }

    /// <summary>
    /// Waits until <see cref="PostSerialInput"/> for <paramref name="port"/> would take a byte. Any thread. False: not within
    /// <paramref name="patience"/>, or the machine has been disposed of.
    /// </summary>
    public bool WaitForSerialRoom(int port, TimeSpan patience) => _inputs.Serial[port].WaitForRoom(patience);

    /// <summary>Nobody types any more: what <see cref="MachineSpec.PacesIdleTime"/> asked for ends, and idle time is skipped. Any thread.</summary>
    public void StopPacing() => _loop.StopPacing();

    /// <summary>
    /// While true the guest and its time stand still, though <see cref="Run"/> goes on: what is posted is done, and it can be stopped. Any thread.
    /// </summary>
    public bool IsPaused
    {
        get => _loop.IsPaused;
        set => _loop.IsPaused = value;
    }

    /// <summary>The display adapter, or null. Machine's thread only: see <see cref="Post"/>.</summary>
    public IScreen? Screen => _hardware.Screen;

    /// <summary>
    /// Has the screen shown on <paramref name="display"/>, which stays the caller's and lives longer than the last run. Nothing is shown of a machine without
    /// a display adapter. Machine's thread only: see <see cref="Post"/>.
    /// </summary>
    public void Show(IDisplayBackend display) => _loop.Screen.Add(display);

    /// <summary>Drives whose medium can be changed. Machine's thread only: see <see cref="Post"/>.</summary>
    public IReadOnlyList<IRemovableDrive> Drives => _hardware.Drives;

    /// <summary>Presses the power button: a guest with ACPI shuts down. Machine's thread only: see <see cref="Post"/>.</summary>
    /// <exception cref="InvalidOperationException">Outside input is recorded or replayed, and this would not be in the log.</exception>
    public void PressPowerButton()
    {
        CheckNotLogged("the power button is pressed");
        _hardware.Power.PressPowerButton();
    }

    /// <summary>Puts <paramref name="medium"/> into a drive of <see cref="Drives"/>, or none. Machine's thread only; the old medium stays the caller's.</summary>
    /// <exception cref="InvalidOperationException">Outside input is recorded or replayed, and this would not be in the log.</exception>
    public void ChangeMedium(IRemovableDrive drive, IBlockBackend? medium)
    {
        CheckNotLogged("media are changed");
        drive.Insert(medium);
    }

    /// <summary>Makes <see cref="Run"/> return soon with <see cref="MachineExitKind.Stopped"/>. Any thread, idempotent.</summary>
    public void RequestStop() => _loop.RequestStop();

    /// <summary>
    /// Has <paramref name="action"/> done by <see cref="Run"/> soon, on the machine's thread while the guest stands still, or by its next call. Any thread.
    /// What it throws ends the run as a fault of Doppel's.
    /// </summary>
    public void Post(Action<VirtualMachine> action) => _loop.Post(() => action(this));

    /// <summary>The processors' registers and recent exceptions in words.</summary>
    public string DescribeProcessor() => _hardware.Cpus.Describe(all: true);

    /// <summary>The state of processor, board and devices, one field a line. Not while the machine runs: see <see cref="Post"/>.</summary>
    public string DescribeState()
    {
        using StringWriter text = new(CultureInfo.InvariantCulture);
        StateListing.Write(StateWithoutRam(), text);
        return text.ToString();
    }

    /// <summary>
    /// Writes the state of the whole machine to a file from which others can be made, in another process too. The file appears whole or, should
    /// the process die meanwhile, not at all; what stood there before is replaced. Not while the machine runs: see <see cref="Post"/>.
    /// </summary>
    /// <exception cref="HostException">The file cannot be written.</exception>
    /// <exception cref="Boot.BootException">The boot files, which the snapshot holds too, cannot be read any more.</exception>
    public void SaveSnapshot(string path) => SnapshotWriter.Write(this, path);

    /// <summary>
    /// Makes a machine that goes on from the same instant on its own, with copy-on-write memory: this machine stands still for some milliseconds,
    /// whatever the size of its memory. Not while it runs: see <see cref="Post"/>. The child may live longer than its parent, and run on another thread.
    /// </summary>
    /// <param name="spec">
    /// This machine's <see cref="Spec"/> with other back-ends and limits. With another <see cref="MachineSpec.Seed"/> the child draws other random
    /// numbers and has another UUID and generation identity, which its guest is told of; with the same it is an exact duplicate. Memory and CPU must be the same.
    /// Bytes posted to a serial port that have not reached the guest stay with the parent. A drive whose medium is left as it is gets a copy of the
    /// changes that are kept apart (<see cref="IOverlayMedium"/>), or shares a medium that cannot be written; UEFI variables left as they are stay with the child.
    /// </param>
    /// <exception cref="MachineSpecException">The spec is of another machine, or a medium that is written to would be in both.</exception>
    /// <exception cref="HostException">The host has no memory, disk space or descriptors left.</exception>
    public VirtualMachine Fork(MachineSpec spec)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (spec.MemoryBytes != Spec.MemoryBytes || spec.CpuModel != Spec.CpuModel || spec.Cpus != Spec.Cpus)
        {
            throw new MachineSpecException("a fork has the memory and CPU of its parent; leave them as they are");
        }

        if (MachineParts.Difference(Spec, spec) is { } difference)
        {
            throw new MachineSpecException($"a fork has the parts of its parent; {difference}");
        }

        // A log belongs to the machine it was begun for.
        spec = spec with
        {
            RecordTo = ReferenceEquals(spec.RecordTo, Spec.RecordTo) ? null : spec.RecordTo,
            ReplayFrom = ReferenceEquals(spec.ReplayFrom, Spec.ReplayFrom) ? null : spec.ReplayFrom,
        };
        List<IBlockBackend> made = [];
        try
        {
            spec = ForkedMedia.Fork(_hardware, Spec, spec, made);
            return new VirtualMachine(spec, Engine, _hardware.Ram.Fork, () => _firmware.Media, child =>
            {
                child.TakeOver(this);
                if (spec.Seed != Spec.Seed)
                {
                    child.Reseed();
                }
            })
            {
                _ownMedia = made,
            };
        }
        catch
        {
            made.ForEach(medium => medium.Dispose());
            throw;
        }
    }

    /// <summary>Writes the state of the whole machine, changes of media that keep them apart included. Not while it runs.</summary>
    /// <exception cref="HostException">A medium cannot be read.</exception>
    public void Save(IStateWriter to)
    {
        SaveShape(to);
        RamRecord.Save(_hardware.Ram, to);
        _hardware.Board.Save(to);
        MediaRecord.Save(_hardware, to);
    }

    /// <summary>
    /// Takes over a saved state from a machine with the same memory and CPU model. Throws <see cref="StateFormatException"/> when it cannot be;
    /// the machine is then good for nothing but <see cref="Dispose"/>.
    /// </summary>
    public void Restore(IStateReader from)
    {
        RestoreShape(from);
        RamRecord.Restore(_hardware.Ram, from);
        _hardware.Board.Restore(from);
        MediaRecord.Restore(_hardware, from);
        Restored();
    }

    /// <summary>SHA-256 over the whole state, 64 lower-case hexadecimal digits. Not while it runs.</summary>
    public string ComputeStateHash()
    {
        StateHash hash = new();
        Save(hash);
        return hash.FinishHex();
    }

    /// <summary>The parts, for snapshots and tests.</summary>
    internal PcHardware Hardware => _hardware;

    /// <summary>The files that the machine boots from.</summary>
    internal BootMedia ReadBootMedia() => _firmware.Media;

    /// <summary>Writes everything but the RAM and what was changed on media.</summary>
    internal void SaveWithoutRam(IStateWriter to)
    {
        SaveShape(to);
        _hardware.Board.Save(to);
    }

    /// <summary>Frees everything but the back-ends, which are the caller's; media that a fork made for itself are freed. Not while it runs.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _loop.Dispose();
            _inputs.Close();
            _hardware.Dispose();
            _ownMedia.ForEach(medium => medium.Dispose());
        }
    }

    private void SaveShape(IStateWriter to)
    {
        to.Begin("machine", 1);
        to.Write("memory", (ulong)Spec.MemoryBytes);
        to.Write("cpu", Encoding.UTF8.GetBytes(CpuModel.Name));
        to.End();
        _hardware.Cpus.Save(to);
    }

    private void RestoreShape(IStateReader from)
    {
        from.Begin("machine", 1);
        ulong memory = from.ReadUnsigned("memory");
        string cpu = Encoding.UTF8.GetString(from.ReadBytes("cpu", 256));
        from.End();
        if (memory != (ulong)Spec.MemoryBytes || cpu != CpuModel.Name)
        {
            throw new StateFormatException(string.Create(CultureInfo.InvariantCulture,
                $"machine: saved with {memory >> 20} MiB and CPU {cpu}, but this machine has {Spec.MemoryBytes >> 20} MiB and CPU {CpuModel.Name}"));
        }

        _hardware.Cpus.Restore(from);
    }

    private void Reseed()
    {
        byte[] more = new byte[32];
        if (Spec.Seed is { } seed)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(more, seed);
        }
        else
        {
            Entropy.Fill(more);
        }

        _hardware.Board.Random.Reseed(more);
        _firmware.WriteIdentity(_hardware.Ram, _hardware.Board);
        _hardware.Power.RaiseGpe(GenerationEvent);
    }

    private void TakeOver(VirtualMachine parent) => RestoreFrom(new BinaryStateReader(parent.StateWithoutRam()));

    private ReadOnlyMemory<byte> StateWithoutRam()
    {
        using MemoryStream stream = new();
        using BinaryStateWriter writer = new(stream);
        SaveWithoutRam(writer);
        _ = writer.Finish();
        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }

    private void RestoreFrom(BinaryStateReader from)
    {
        _hardware.Board.Reset(ResetKind.PowerOn);
        RestoreShape(from);
        _hardware.Board.Restore(from);
        from.Finish();
        Restored();
    }

    private void CheckNotLogged(string what)
    {
        if (_log.IsActive)
        {
            throw new InvalidOperationException($"the outside input of this machine is recorded or replayed, and the log would not tell that {what}");
        }
    }

    private void ResetByGuest()
    {
        ResetCount++;
        Restart(ResetKind.Hard);
    }

    private void Restored()
    {
        _isRestored = true;
        _loop.Restored();
    }

    // At the first run: what was restored by then is where the log begins.
    private void BeginLog()
    {
        if (!_hasRun)
        {
            _hasRun = true;
            _log.Begin(this, _isRestored ? ComputeStateHash : () => string.Empty);
        }
    }

    private void Restart(ResetKind kind)
    {
        _hardware.Cpus.ResetWith(() => _hardware.Board.Reset(kind));
        _firmware.Start(_hardware.Ram, _hardware.Board, _hardware.Cpus.All[0], kind);
    }
}
