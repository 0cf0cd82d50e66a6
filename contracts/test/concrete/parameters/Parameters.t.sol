// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IParameters, Parameters, TokenParameters} from "../../../src/interfaces/IParameters.sol";
import {Test} from "../../utils/Test.sol";

contract ParametersTest is Test {
    address private constant TOKEN = address(0x70);
    address private governor = address(0x60);
    address private guardian = address(0x61);
    address private stranger = address(0x57);
    IParameters private parameters;

    function setUp() external {
        parameters = IParameters(vm.deployCode("Parameters.sol:Parameters", abi.encode(governor, guardian, _good())));
    }

    function _good() private pure returns (Parameters memory) {
        return Parameters(1 hours, 1 days, 14 days, 50, 10_000, 1_000);
    }

    function _hash(Parameters memory p) private pure returns (bytes32) {
        return keccak256(abi.encode(p));
    }

    function _expectOutOfRange(string memory field, uint256 value, uint256 min, uint256 max) private {
        vm.expectRevert(
            abi.encodeWithSelector(IParameters.ParameterOutOfRange.selector, field, value, min, max)
        );
    }

    function _expectZero(string memory field) private {
        vm.expectRevert(abi.encodeWithSelector(IParameters.AddressZero.selector, field));
    }

    function _expectNotGovernor(address who) private {
        vm.expectRevert(abi.encodeWithSelector(IParameters.NotGovernor.selector, who));
        vm.prank(who);
    }

    function _expectNotGuardian(address who) private {
        vm.expectRevert(abi.encodeWithSelector(IParameters.NotGuardian.selector, who));
        vm.prank(who);
    }

    function _refused(Parameters memory p, string memory field, uint256 value, uint256 min, uint256 max) private {
        _expectOutOfRange(field, value, min, max);
        vm.prank(governor);
        parameters.set(p);
    }

    /// @dev deployCode hides why a constructor reverts.
    function _construct(address governor_, address guardian_, Parameters memory p) private returns (bytes memory why) {
        bytes memory code =
            bytes.concat(vm.getCode("Parameters.sol:Parameters"), abi.encode(governor_, guardian_, p));
        assembly ("memory-safe") {
            if create(0, add(code, 0x20), mload(code)) { invalid() }
            why := mload(0x40)
            mstore(why, returndatasize())
            returndatacopy(add(why, 0x20), 0, returndatasize())
            mstore(0x40, add(add(why, 0x20), and(add(returndatasize(), 31), not(31))))
        }
    }

    function test_Constructor_RevertWhen_Invalid() external {
        bytes memory why = _construct(address(0), guardian, _good());
        bytes memory expected = abi.encodeWithSelector(IParameters.AddressZero.selector, "governor");
        vm.assertEq(keccak256(why), keccak256(expected), "governor");
        why = _construct(governor, address(0), _good());
        expected = abi.encodeWithSelector(IParameters.AddressZero.selector, "guardian");
        vm.assertEq(keccak256(why), keccak256(expected), "guardian");
        Parameters memory p = _good();
        p.feeBps = 101;
        why = _construct(governor, guardian, p);
        expected = abi.encodeWithSelector(IParameters.ParameterOutOfRange.selector, "feeBps", 101, 0, 100);
        vm.assertEq(keccak256(why), keccak256(expected), "fee");
    }

    function test_Constructor_Writes() external {
        vm.expectEmit();
        emit IParameters.GuardianSet(guardian);
        vm.expectEmit();
        emit IParameters.ParametersSet(_good());
        vm.deployCode("Parameters.sol:Parameters", abi.encode(governor, guardian, _good()));
        vm.assertEq(parameters.governor(), governor, "governor");
        vm.assertEq(parameters.guardian(), guardian, "guardian");
        vm.assertEq(_hash(parameters.parameters()), _hash(_good()), "parameters");
        vm.assertFalse(parameters.openingPaused(), "paused");
    }

    function test_Set_RevertWhen_CallerIsNotGovernor() external {
        _expectNotGovernor(guardian);
        parameters.set(_good());
    }

    function test_Set_RevertWhen_OutOfRange() external {
        Parameters memory p = _good();
        p.submitSeconds = 0;
        _refused(p, "submitSeconds", 0, 1, 30 days);
        p.submitSeconds = 30 days + 1;
        _refused(p, "submitSeconds", 30 days + 1, 1, 30 days);
        p = _good();
        p.maturitySeconds = 30 days + 1;
        _refused(p, "maturitySeconds", 30 days + 1, 0, 30 days);
        p = _good();
        p.rulingSeconds = 0;
        _refused(p, "rulingSeconds", 0, 1, 60 days);
        p.rulingSeconds = 60 days + 1;
        _refused(p, "rulingSeconds", 60 days + 1, 1, 60 days);
        p = _good();
        p.feeBps = 101;
        _refused(p, "feeBps", 101, 0, 100);
        p = _good();
        p.penaltyBps = 10_001;
        _refused(p, "penaltyBps", 10_001, 0, 10_000);
    }

    function test_Set_Writes_BothEndsOfTheRanges() external {
        vm.prank(guardian);
        parameters.pauseOpening();
        Parameters[2] memory ends =
            [Parameters(1, 0, 1, 0, 0, 0), Parameters(30 days, 30 days, 60 days, 100, 65_535, 10_000)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(parameters));
            emit IParameters.ParametersSet(ends[i]);
            vm.prank(governor);
            parameters.set(ends[i]);
            vm.assertEq(_hash(parameters.parameters()), _hash(ends[i]), "set");
        }
        vm.assertTrue(parameters.openingPaused(), "the pause stays");
    }

    function test_SetToken_RevertWhen_Invalid() external {
        TokenParameters memory t = TokenParameters(10, 10, 1);
        _expectNotGovernor(stranger);
        parameters.setToken(TOKEN, t);
        _expectZero("token");
        vm.prank(governor);
        parameters.setToken(address(0), t);
        t.arbiterFee = 11;
        _expectOutOfRange("arbiterFee", 11, 0, 10);
        vm.prank(governor);
        parameters.setToken(TOKEN, t);
    }

    function test_SetToken_Writes() external {
        TokenParameters memory t = TokenParameters(type(uint80).max, type(uint80).max, type(uint80).max);
        vm.expectEmit(address(parameters));
        emit IParameters.TokenParametersSet(TOKEN, t);
        vm.prank(governor);
        parameters.setToken(TOKEN, t);
        vm.assertEq(keccak256(abi.encode(parameters.tokenParameters(TOKEN))), keccak256(abi.encode(t)), "set");
        vm.assertEq(parameters.tokenParameters(address(0x71)).bounty, 0, "another token");
    }

    function test_SetGuardian() external {
        _expectNotGovernor(guardian);
        parameters.setGuardian(stranger);
        _expectZero("guardian");
        vm.prank(governor);
        parameters.setGuardian(address(0));

        vm.expectEmit(address(parameters));
        emit IParameters.GuardianSet(stranger);
        vm.prank(governor);
        parameters.setGuardian(stranger);
        vm.assertEq(parameters.guardian(), stranger, "set");
        _expectNotGuardian(guardian);
        parameters.pauseOpening();
    }

    function test_Pause_RevertWhen_CallerMayNot() external {
        _expectNotGuardian(stranger);
        parameters.pauseOpening();
        _expectNotGuardian(stranger);
        parameters.resumeOpening();
    }

    function test_Pause_ByGuardianAndGovernor() external {
        address[2] memory who = [guardian, governor];
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 again = 0; again < 2; ++again) {
                vm.expectEmit(address(parameters));
                emit IParameters.OpeningPaused(who[i]);
                vm.prank(who[i]);
                parameters.pauseOpening();
                vm.assertTrue(parameters.openingPaused(), "paused");
            }
            vm.expectEmit(address(parameters));
            emit IParameters.OpeningResumed(who[i]);
            vm.prank(who[i]);
            parameters.resumeOpening();
            vm.assertFalse(parameters.openingPaused(), "resumed");
        }
    }

    function test_Snapshot() external {
        vm.prank(governor);
        parameters.setToken(TOKEN, TokenParameters(3, 2, 1));
        vm.prank(guardian);
        parameters.pauseOpening();
        (bool paused, Parameters memory p, TokenParameters memory t) = parameters.snapshot(TOKEN);
        vm.assertTrue(paused, "paused");
        vm.assertEq(_hash(p), _hash(_good()), "parameters");
        vm.assertEq(keccak256(abi.encode(t)), keccak256(abi.encode(TokenParameters(3, 2, 1))), "token");
    }
}
