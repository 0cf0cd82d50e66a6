// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IParameters, Parameters as Values, TokenParameters} from "./interfaces/IParameters.sol";

/// @title The numbers that governance sets, and the pause of opening. Only the market reads them, and only at a match.
contract Parameters is IParameters {
    uint256 private constant MAX_SUBMIT_SECONDS = 30 days;
    uint256 private constant MAX_MATURITY_SECONDS = 30 days;
    uint256 private constant MAX_RULING_SECONDS = 60 days;
    uint256 private constant MAX_FEE_BPS = 100;
    uint256 private constant MAX_PENALTY_BPS = 10_000;

    /// @inheritdoc IParameters
    address public immutable override governor;

    // One slot, so that a match reads it once: a struct would begin a slot of its own.
    uint32 private _submitSeconds;
    uint32 private _maturitySeconds;
    uint32 private _rulingSeconds;
    uint16 private _feeBps;
    uint16 private _sliceBps;
    uint16 private _penaltyBps;
    /// @inheritdoc IParameters
    bool public override openingPaused;

    /// @inheritdoc IParameters
    address public override guardian;
    mapping(address token => TokenParameters) private _tokenParameters;

    constructor(address governor_, address guardian_, Values memory initial) {
        if (governor_ == address(0)) revert AddressZero("governor");
        governor = governor_;
        _setGuardian(guardian_);
        _set(initial);
    }

    modifier onlyGovernor() {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        _;
    }

    modifier onlyGuard() {
        if (msg.sender != guardian && msg.sender != governor) revert NotGuardian(msg.sender);
        _;
    }

    /// @inheritdoc IParameters
    function set(Values calldata parameters_) external onlyGovernor {
        _set(parameters_);
    }

    /// @inheritdoc IParameters
    function setToken(address token, TokenParameters calldata parameters_) external onlyGovernor {
        if (token == address(0)) revert AddressZero("token");
        _check("arbiterFee", parameters_.arbiterFee, 0, parameters_.disputeBond);
        _tokenParameters[token] = parameters_;
        emit TokenParametersSet(token, parameters_);
    }

    /// @inheritdoc IParameters
    function setGuardian(address guardian_) external onlyGovernor {
        _setGuardian(guardian_);
    }

    /// @inheritdoc IParameters
    function pauseOpening() external onlyGuard {
        openingPaused = true;
        emit OpeningPaused(msg.sender);
    }

    /// @inheritdoc IParameters
    function resumeOpening() external onlyGuard {
        openingPaused = false;
        emit OpeningResumed(msg.sender);
    }

    /// @inheritdoc IParameters
    function tokenParameters(address token) external view returns (TokenParameters memory) {
        return _tokenParameters[token];
    }

    /// @inheritdoc IParameters
    function snapshot(address token) external view returns (bool paused, Values memory, TokenParameters memory) {
        return (openingPaused, parameters(), _tokenParameters[token]);
    }

    /// @inheritdoc IParameters
    function parameters() public view returns (Values memory) {
        return Values(_submitSeconds, _maturitySeconds, _rulingSeconds, _feeBps, _sliceBps, _penaltyBps);
    }

    /// @dev sliceBps needs no check: whatever its type holds is a ratio that a provider can answer with more stake or less.
    function _set(Values memory p) private {
        _check("submitSeconds", p.submitSeconds, 1, MAX_SUBMIT_SECONDS);
        _check("maturitySeconds", p.maturitySeconds, 0, MAX_MATURITY_SECONDS);
        _check("rulingSeconds", p.rulingSeconds, 1, MAX_RULING_SECONDS);
        _check("feeBps", p.feeBps, 0, MAX_FEE_BPS);
        _check("penaltyBps", p.penaltyBps, 0, MAX_PENALTY_BPS);
        (_submitSeconds, _maturitySeconds, _rulingSeconds) = (p.submitSeconds, p.maturitySeconds, p.rulingSeconds);
        (_feeBps, _sliceBps, _penaltyBps) = (p.feeBps, p.sliceBps, p.penaltyBps);
        emit ParametersSet(p);
    }

    function _setGuardian(address guardian_) private {
        if (guardian_ == address(0)) revert AddressZero("guardian");
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    function _check(string memory field, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert ParameterOutOfRange(field, value, min, max);
    }
}
