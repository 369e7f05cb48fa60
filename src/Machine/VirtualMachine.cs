using System;
using System.Globalization;
using System.Text;
using System.Threading;
using Doppel.Cpu;
using Doppel.Devices;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>
/// A virtual PC: memory, board, devices, engine and one virtual CPU, powered on with its boot image loaded. All members belong to the
/// thread that made it, save <see cref="PostSerialInput"/>, <see cref="WaitForSerialRoom"/> and <see cref="RequestStop"/>.
/// </summary>
public sealed class VirtualMachine : IDisposable
{
    private const string VcpuName = "vcpu0";

    private readonly PcHardware _hardware;
    private readonly BootFirmware _firmware;
    private readonly SerialInput[] _inputs;
    private readonly RunLoop _loop;
    private bool _isDisposed;

    /// <summary>Builds the machine and loads its boot image.</summary>
    /// <exception cref="MachineSpecException">The spec asks for what does not exist.</exception>
    /// <exception cref="Boot.BootException">The boot image is missing, damaged, or does not fit.</exception>
    public VirtualMachine(MachineSpec spec)
        : this(spec, FindEngine(spec))
    {
    }

    internal VirtualMachine(MachineSpec spec, ICpuEngine engine)
    {
        Check(spec);
        CpuModel model = FindModel(spec.CpuModel);
        Spec = spec;
        Engine = engine;
        _hardware = new PcHardware(spec, engine, model);
        try
        {
            if (spec.Deterministic && (_hardware.Caps & EngineCaps.Deterministic) == 0)
            {
                throw new MachineSpecException($"the engine \"{engine.Name}\" has no deterministic mode; choose another engine");
            }

            _firmware = new BootFirmware(spec, model, _hardware.Map, _hardware.Acpi);
            _inputs = [new SerialInput(_hardware.Serial[0]), new SerialInput(_hardware.Serial[1])];
            _loop = new RunLoop(_hardware, _inputs, spec);
            Restart(ResetKind.PowerOn);
        }
        catch
        {
            _loop?.Close();
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

    /// <summary>Instructions retired since power-on.</summary>
    public ulong RetiredInstructions => _hardware.Vcpu.RetiredInstructions;

    /// <summary>Guest time since power-on.</summary>
    public GuestTime Now => _hardware.Board.Clock.Now;

    /// <summary>Resets of the machine that the guest asked for or <see cref="Reset"/> made.</summary>
    public int ResetCount { get; private set; }

    /// <summary>Pulls the reset line: everything takes its reset state and the boot image is loaded again. Instruction count and time go on.</summary>
    public void Reset()
    {
        ResetCount++;
        Restart(ResetKind.Hard);
    }

    /// <summary>
    /// Runs the guest until something of <see cref="MachineExitKind"/> happens; may be called again unless the machine is off or crashed.
    /// Throws nothing that a guest could cause: a fault of Doppel itself ends as <see cref="MachineExitKind.Crash"/> with a report.
    /// </summary>
    public MachineExit Run(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        using CancellationTokenRegistration registration = cancellation.Register(_loop.Wake);
        _hardware.Time.Resume();
        try
        {
            return _loop.Run(Reset, ComputeStateHash, cancellation);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new MachineExit(MachineExitKind.Crash, Report: FaultReport(e));
        }
        finally
        {
            _hardware.Time.Pause();
            Spec.Serial0?.Flush();
            Spec.Serial1?.Flush();
            Spec.DebugConsole?.Flush();
        }
    }

    /// <summary>
    /// Gives bytes to serial port <paramref name="port"/> (0 or 1). Any thread; they wait until the guest has raised RTS or enabled the receiver's
    /// interrupt, and the UART has room.
    /// </summary>
    /// <returns>How many were taken: all, unless 64 KiB wait already.</returns>
    public int PostSerialInput(int port, ReadOnlySpan<byte> bytes)
    {
        int taken = _inputs[port].Post(bytes);
        _loop.Wake();
        return taken;
    }

    /// <summary>
    /// Waits until <see cref="PostSerialInput"/> for <paramref name="port"/> would take a byte. Any thread. False: not within
    /// <paramref name="patience"/>, or the machine has been disposed of.
    /// </summary>
    public bool WaitForSerialRoom(int port, TimeSpan patience) => _inputs[port].WaitForRoom(patience);

    /// <summary>Makes <see cref="Run"/> return soon with <see cref="MachineExitKind.Stopped"/>. Any thread, idempotent.</summary>
    public void RequestStop() => _loop.RequestStop();

    /// <summary>The processor's registers and recent exceptions in words.</summary>
    public string DescribeProcessor() => _hardware.Vcpu.Describe();

    /// <summary>Writes the state of the whole machine. Not while it runs.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("machine", 1);
        to.Write("memory", (ulong)Spec.MemoryBytes);
        to.Write("cpu", Encoding.UTF8.GetBytes(CpuModel.Name));
        to.End();
        VcpuState state = new();
        _hardware.Vcpu.Load(state);
        VcpuStateRecord.Save(VcpuName, state.R, to);
        RamRecord.Save(_hardware.Ram, to);
        _hardware.Board.Save(to);
    }

    /// <summary>
    /// Takes over a saved state from a machine with the same memory and CPU model. Throws <see cref="StateFormatException"/> when it cannot be;
    /// the machine is then good for nothing but <see cref="Dispose"/>.
    /// </summary>
    public void Restore(IStateReader from)
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

        VcpuState state = new();
        VcpuStateRecord.Restore(VcpuName, ref state.R, from);
        _hardware.Vcpu.Store(state);
        RamRecord.Restore(_hardware.Ram, from);
        _hardware.Board.Restore(from);
    }

    /// <summary>SHA-256 over the whole state, 64 lower-case hexadecimal digits. Not while it runs.</summary>
    public string ComputeStateHash()
    {
        StateHash hash = new();
        Save(hash);
        return hash.FinishHex();
    }

    /// <summary>The parts, for tests.</summary>
    internal PcHardware Hardware => _hardware;

    /// <summary>Frees everything but the back-ends, which are the caller's. Not while it runs.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _loop.Close();
            foreach (SerialInput input in _inputs)
            {
                input.Close();
            }

            _hardware.Dispose();
        }
    }

    private static ICpuEngine FindEngine(MachineSpec spec) => Engines.Find(spec.Engine)
        ?? throw new MachineSpecException($"no engine \"{spec.Engine}\" works here; choose one of {string.Join(", ", Engines.Names)}");

    private static CpuModel FindModel(string name)
    {
        try
        {
            return CpuModels.Find(name);
        }
        catch (ArgumentException e)
        {
            throw new MachineSpecException(e.Message);
        }
    }

    private static void Check(MachineSpec spec)
    {
        if (spec.MemoryBytes is < MachineSpec.MinMemoryBytes or > MachineSpec.MaxMemoryBytes || (spec.MemoryBytes & 0xFFF) != 0)
        {
            throw new MachineSpecException("the memory size must be from 1 MiB to 1 TiB and a multiple of 4 KiB");
        }

        if (spec.Cpus != 1)
        {
            throw new MachineSpecException($"{spec.Cpus} CPUs are not possible; 1 is");
        }

        if (spec.HashAt is not null && !spec.Deterministic)
        {
            throw new MachineSpecException("a state hash at an instruction needs deterministic mode");
        }
    }

    private void Restart(ResetKind kind)
    {
        // The count is time in deterministic mode and must not go back when the processor is reset.
        IVcpu vcpu = _hardware.Vcpu;
        ulong retired = vcpu.RetiredInstructions;
        _hardware.Board.Reset(kind);
        if (vcpu.RetiredInstructions != retired)
        {
            VcpuState state = new();
            vcpu.Load(state);
            state.R.Retired = retired;
            vcpu.Store(state);
        }

        _firmware.Start(_hardware.Ram, _hardware.Board, vcpu);
    }

    private string FaultReport(Exception fault)
    {
        string processor;
        try
        {
            processor = _hardware.Vcpu.Describe();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            processor = "the processor's state cannot be shown: " + e.Message;
        }

        return $"Doppel itself failed, and stops this machine only; please report this\n{fault}\n{processor}";
    }
}
