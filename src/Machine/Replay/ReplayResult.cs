namespace Doppel.Machine.Replay;

/// <summary>A recorded run was replayed to its end, and the state there is the recorded one.</summary>
/// <param name="Hash">The state hash, 64 lower-case hexadecimal digits.</param>
/// <param name="FromOutside">Whether the recorded run was ended from outside: by its user, a signal, a limit of time or instructions.</param>
public readonly record struct ReplayResult(string Hash, bool FromOutside);
