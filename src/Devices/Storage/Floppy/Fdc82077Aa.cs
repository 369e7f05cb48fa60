using System;
using Doppel.Primitives;
using static Doppel.Devices.Storage.Floppy.Fdc82077AaRegisters;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>
/// The 82077AA (Intel datasheet 290166-007) in AT mode with two drives: registers, phases, and the commands that need no sectors. Callers pass the present
/// instant; <see cref="Advance"/> does what is due by then.
/// The drive is the one that DOR selects; the drive bits of a command only choose the cylinder counter and come back in ST0 (datasheet note to table
/// 5-1). Timing is quick: tenths of a millisecond for a seek or a sector, so that guests neither wait long nor meet an answer before they look for it.
/// Departures: a read or write moves the head to the cylinder that it names even when implied seeks are off, which SeaBIOS relies on; an empty or stopped
/// drive ends a command with a missing address mark instead of waiting for an index pulse for ever; DOR comes up running and gated
/// open, as firmware expects that only ever adds bits to what it finds there.
/// Not modelled: overruns by a slow processor, precompensation, gaps, head load times, power-down, tape drives.
/// </summary>
internal sealed class Fdc82077Aa
{
    /// <summary>Time of a sector under the head.</summary>
    public const long SectorNanoseconds = 100_000;

    private const long SearchNanoseconds = 300_000;
    private const long LostNanoseconds = 10_000_000;
    private const long StepNanoseconds = 20_000;
    private const long SettleNanoseconds = 200_000;
    private const long ResetNanoseconds = 100_000;
    private const int RecalibrateSteps = 79;
    private const byte VersionNumber = 0x90;
    private const int DumpBytes = 10;

    private readonly FloppyDrive?[] _drives;
    private readonly IIsaDmaChannel? _dma;
    private readonly FdcSeeks _seeks = new();
    private readonly FdcTransfer _transfer = new();
    private readonly FdcSettings _settings = new();
    private readonly byte[] _command = new byte[FdcCommands.MaxLength];
    private readonly byte[] _result = new byte[DumpBytes];
    private IInterruptLine _line = null!;
    private FdcPhase _phase;
    private byte _commandLength;
    private byte _resultLength;
    private byte _resultTaken;
    private byte _output;
    private byte _tape;
    private byte _rate;
    private bool _interrupt;
    private long _due = long.MaxValue;

    /// <summary>Joins the chip with up to two drives and its DMA channel.</summary>
    public Fdc82077Aa(IIsaDmaChannel? dma, FloppyDrive? first, FloppyDrive? second)
    {
        _dma = dma;
        _drives = [first, second];
    }

    private enum FdcPhase
    {
        Reset = 0,
        Resetting = 1,
        Command = 2,
        Execution = 3,
        HostData = 4,
        Result = 5,
    }

    /// <summary>When <see cref="Advance"/> is wanted next.</summary>
    public GuestTime NextDue => _seeks.NextDue.Nanoseconds < _due ? _seeks.NextDue : new GuestTime(_due);

    private FloppyDrive? Selected => (_output & OutputDrive) < 2 ? _drives[_output & OutputDrive] : null;

    private bool Spins => (_output & (OutputMotor << (_output & OutputDrive))) != 0;

    /// <summary>Connects the interrupt line.</summary>
    public void Connect(IInterruptLine line) => _line = line;

    /// <summary>Shows the interrupt on the line, gated as DOR says.</summary>
    public void Drive() => _line.Set(_interrupt && (_output & OutputGate) != 0);

    /// <summary>Reset pin; at power-on also the drives start anew.</summary>
    public void Reset(ResetKind kind)
    {
        EnterReset();
        _settings.Reset();
        _seeks.ClearCylinders();
        _tape = 0;
        _rate = Rate250;
        _output = OutputRun | OutputGate;
        _phase = FdcPhase.Command;
        if (kind == ResetKind.PowerOn)
        {
            foreach (FloppyDrive? drive in _drives)
            {
                drive?.PowerOn();
            }
        }
    }

    /// <summary>Reads a register. False: none that answers in AT mode.</summary>
    public bool TryRead(uint offset, GuestTime now, out byte value)
    {
        bool answers = true;
        switch (offset)
        {
            case DigitalOutput:
                value = _output;
                break;
            case TapeDrive:
                value = (byte)(0xFC | _tape);
                break;
            case StatusRate:
                value = MainStatus();
                break;
            case Data:
                value = ReadData(now);
                break;
            default:
                value = 0xFF;
                answers = false;
                break;
        }

        return answers;
    }

    /// <summary>Writes a register. False: none that answers in AT mode.</summary>
    public bool TryWrite(uint offset, byte value, GuestTime now)
    {
        switch (offset)
        {
            case DigitalOutput:
                WriteOutput(value, now);
                return true;
            case TapeDrive:
                _tape = (byte)(value & OutputDrive);
                return true;
            case StatusRate:
                _rate = (byte)(value & RateSelect);
                if ((value & RateReset) != 0 && _phase != FdcPhase.Reset)
                {
                    EnterReset();
                    StartResetting(now);
                }

                return true;
            case Data:
                WriteData(value, now);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Digital input register: a drive shows its disk line while it is selected, which takes its motor on an AT.</summary>
    public byte ReadInput() => (byte)(InputOpen | (Spins && Selected is { DiskChange: true } ? InputDiskChange : 0));

    /// <summary>Configuration control register.</summary>
    public void WriteRate(byte value) => _rate = (byte)(value & RateSelect);

    /// <summary>Does what is due.</summary>
    public void Advance(GuestTime now)
    {
        if (_seeks.End(now))
        {
            Raise();
        }

        if (_due > now.Nanoseconds)
        {
            return;
        }

        _due = long.MaxValue;
        if (_phase == FdcPhase.Resetting)
        {
            _phase = FdcPhase.Command;
            _settings.SoftReset();
            _seeks.Poll();
            _interrupt = true;
        }
        else if (_phase == FdcPhase.Execution)
        {
            Wait(_transfer.Step(Bench(now)), now);
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Write("phase", (ulong)_phase);
        to.Write("command", _command);
        to.Write("commandLength", (ulong)_commandLength);
        to.Write("result", _result);
        to.Write("resultLength", (ulong)_resultLength);
        to.Write("resultTaken", (ulong)_resultTaken);
        to.Write("dor", (ulong)_output);
        to.Write("tdr", (ulong)_tape);
        to.Write("rate", (ulong)_rate);
        to.Write("interrupt", _interrupt);
        to.Write("due", _due);
        _settings.Save(to);
        _seeks.Save(to);
        _transfer.Save(to);
        foreach (FloppyDrive? drive in _drives)
        {
            drive?.Save(to);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        _phase = (FdcPhase)from.ReadUnsigned("phase", (ulong)FdcPhase.Result);
        from.ReadBytes("command", _command);
        _commandLength = (byte)from.ReadUnsigned("commandLength", FdcCommands.MaxLength - 1);
        from.ReadBytes("result", _result);
        _resultLength = (byte)from.ReadUnsigned("resultLength", (ulong)_result.Length);
        _resultTaken = (byte)from.ReadUnsigned("resultTaken", (ulong)_result.Length - 1);
        _output = (byte)from.ReadUnsigned("dor", 0xFF);
        _tape = (byte)from.ReadUnsigned("tdr", OutputDrive);
        _rate = (byte)from.ReadUnsigned("rate", RateSelect);
        _interrupt = from.ReadBool("interrupt");
        _due = from.ReadSigned("due", 0);
        _settings.Restore(from);
        _seeks.Restore(from);
        _transfer.Restore(from);
        foreach (FloppyDrive? drive in _drives)
        {
            drive?.Restore(from);
        }

        if (_phase == FdcPhase.Result && _resultTaken >= _resultLength)
        {
            throw new StateFormatException("fdc: a result phase without a result");
        }
    }

    private FdcBench Bench(GuestTime now) => new(
        Selected, Spins, _rate, _settings.ByHost, (_output & OutputGate) != 0 ? _dma : null, now);

    private byte MainStatus()
    {
        int byHost = _settings.ByHost ? StatusNonDma : 0;
        return (byte)(_seeks.Busy | _phase switch
        {
            FdcPhase.Command => StatusRequest | (_commandLength > 0 ? StatusBusy : 0),
            FdcPhase.Execution => StatusBusy | byHost,
            FdcPhase.HostData => StatusRequest | StatusBusy | StatusNonDma | (_transfer.ToHost ? StatusToHost : 0),
            FdcPhase.Result => StatusRequest | StatusToHost | StatusBusy,
            _ => 0,
        });
    }

    private void WriteOutput(byte value, GuestTime now)
    {
        byte before = _output;
        _output = value;
        for (int i = 0; i < _drives.Length; i++)
        {
            if ((before & ~value & (OutputMotor << i)) != 0)
            {
                _drives[i]?.Stopped();
            }
        }

        if ((value & OutputRun) == 0)
        {
            EnterReset();
        }
        else if ((before & OutputRun) == 0)
        {
            StartResetting(now);
        }
    }

    private void EnterReset()
    {
        _phase = FdcPhase.Reset;
        _due = long.MaxValue;
        _interrupt = false;
        _commandLength = 0;
        _resultLength = 0;
        _resultTaken = 0;
        _seeks.Reset();
    }

    private void StartResetting(GuestTime now)
    {
        _phase = FdcPhase.Resetting;
        _due = (now + ResetNanoseconds).Nanoseconds;
    }

    private byte ReadData(GuestTime now)
    {
        switch (_phase)
        {
            case FdcPhase.HostData when _transfer.ToHost:
                byte data = _transfer.TakeByte(out FdcWait wait);
                Wait(wait, now);
                return data;
            case FdcPhase.Result:
                return TakeResult();
            default:
                return 0xFF;
        }
    }

    private byte TakeResult()
    {
        byte value = _result[_resultTaken++];
        _interrupt = false;
        if (_resultTaken >= _resultLength)
        {
            _phase = FdcPhase.Command;
            _resultTaken = 0;
            _resultLength = 0;
            _interrupt = _seeks.HasEnded; // the end of another seek interrupts in its turn
        }

        return value;
    }

    private void WriteData(byte value, GuestTime now)
    {
        if (_phase == FdcPhase.HostData && !_transfer.ToHost)
        {
            Wait(_transfer.GiveByte(Bench(now), value), now);
        }
        else if (_phase == FdcPhase.Command)
        {
            _command[_commandLength++] = value;
            FdcCommand command = FdcCommands.Decode(_command[0]);
            if (_commandLength >= FdcCommands.Length(command))
            {
                _commandLength = 0;
                Execute(command, now);
            }
        }
    }

    private void Execute(FdcCommand command, GuestTime now)
    {
        switch (command)
        {
            case FdcCommand.Specify:
                _settings.Specify(_command);
                break;
            case FdcCommand.SenseDrive:
                Answer(Status3());
                break;
            case FdcCommand.SenseInterrupt:
                _interrupt = false;
                if (_seeks.TrySense(out byte status, out byte cylinder))
                {
                    Answer(status, cylinder);
                }
                else
                {
                    Answer(St0Invalid);
                }

                break;
            case FdcCommand.DumpRegisters:
                Answer(_seeks[0], _seeks[1], _seeks[2], _seeks[3]);
                _settings.Dump(_result.AsSpan(_resultLength));
                _resultLength = DumpBytes;
                break;
            case FdcCommand.Version:
                Answer(VersionNumber);
                break;
            case FdcCommand.Configure:
                _settings.Configure(_command);
                break;
            case FdcCommand.Lock:
                Answer(_settings.Lock(_command));
                break;
            case FdcCommand.Perpendicular:
                _settings.SetPerpendicular(_command);
                break;
            case FdcCommand.Recalibrate or FdcCommand.Seek or FdcCommand.RelativeSeek:
                Seek(command, now);
                break;
            case FdcCommand.Invalid:
                Answer(St0Invalid);
                break;
            default:
                StartTransfer(command, now);
                break;
        }
    }

    private void Answer(params ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_result);
        _resultLength = (byte)bytes.Length;
        _resultTaken = 0;
        _phase = FdcPhase.Result;
    }

    private byte Status3()
    {
        int status = St3Always | (_command[1] & (OutputDrive | HeadSelect));
        if (Selected is { } drive)
        {
            status |= (drive.IsProtected ? St3Protected : 0) | (drive.AtTrackZero ? St3TrackZero : 0);
        }

        return (byte)status;
    }

    private void Seek(FdcCommand command, GuestTime now)
    {
        _interrupt = false;
        int counter = _command[1] & OutputDrive;
        byte status = (byte)(St0SeekEnd | (_command[1] & (OutputDrive | HeadSelect)));
        int steps;
        if (command == FdcCommand.Recalibrate)
        {
            steps = Selected?.Step(-RecalibrateSteps) ?? RecalibrateSteps;
            _seeks[counter] = 0;
            bool found = Selected is { AtTrackZero: true };
            status = (byte)(St0SeekEnd | counter | (found ? 0 : St0Abnormal | St0EquipmentCheck));
        }
        else
        {
            bool inwards = (_command[0] & Mfm) != 0;
            int target = command == FdcCommand.Seek ? _command[2] : _seeks[counter] + (inwards ? _command[2] : -_command[2]);
            steps = target - _seeks[counter];
            Selected?.Step(steps);
            _seeks[counter] = (byte)target;
        }

        _seeks.Begin(counter, status, now + SettleNanoseconds + (Math.Abs(steps) * StepNanoseconds));
    }

    private void StartTransfer(FdcCommand command, GuestTime now)
    {
        _interrupt = false;
        _settings.LastRecord = command == FdcCommand.Format ? _command[3] : command == FdcCommand.ReadId ? _settings.LastRecord : _command[6];
        _transfer.Begin(command, _command.AsSpan(0, FdcCommands.Length(command)));
        int steps = 0;
        if (_transfer.WantedTrack >= 0 && Selected is { } drive && drive.Track != _transfer.WantedTrack)
        {
            steps = drive.StepsTo(_transfer.WantedTrack);
            drive.Step(steps);
            int counter = _command[1] & OutputDrive;
            _seeks[counter] = (byte)(_seeks[counter] + steps);
        }

        _phase = FdcPhase.Execution;
        _due = (now + SearchNanoseconds + (Math.Abs(steps) * StepNanoseconds)).Nanoseconds;
    }

    private void Wait(FdcWait wait, GuestTime now)
    {
        switch (wait)
        {
            case FdcWait.Host:
                // Without DMA each sector interrupts when it is there, or when there is room for it.
                _interrupt |= _phase != FdcPhase.HostData;
                _phase = FdcPhase.HostData;
                break;
            case FdcWait.Nothing:
                Answer(0, 0, 0, 0, 0, 0, 0);
                _transfer.WriteResult(_result);
                _line.Set(false); // the last byte without DMA has an edge of its own
                Raise();
                break;
            default:
                _interrupt &= _phase != FdcPhase.HostData;
                _phase = FdcPhase.Execution;
                _due = (now + (wait == FdcWait.Sector ? SectorNanoseconds : LostNanoseconds)).Nanoseconds;
                break;
        }
    }

    private void Raise()
    {
        _seeks.ForgetPolling();
        _interrupt = true;
    }
}
