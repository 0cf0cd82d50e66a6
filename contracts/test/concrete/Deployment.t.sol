// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {Fixture} from "../utils/Fixture.sol";

contract DeploymentTest is Fixture {
    function _newManager(uint32 submitSeconds) private returns (bool created, bytes memory answer) {
        bytes memory code =
            bytes.concat(vm.getCode("LeaseManager.sol:LeaseManager"), abi.encode(vault, registry, submitSeconds));
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            answer := mload(0x40)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 0x20), 0, returndatasize())
            mstore(0x40, add(add(answer, 0x20), and(add(returndatasize(), 31), not(31))))
        }
    }

    function test_RevertWhen_TheVaultDoesNotKnowIt() external {
        (bool created, bytes memory answer) = _newManager(1);
        vm.assertFalse(created, "created");
        bytes memory expected = abi.encodeWithSelector(ILeaseManager.NotManagerOf.selector, address(vault));
        vm.assertEq(keccak256(answer), keccak256(expected), "why");
    }

    function test_RevertWhen_SubmitSecondsAreOutOfRange() external {
        uint32[2] memory bad = [0, uint32(30 days) + 1];
        for (uint256 i = 0; i < 2; ++i) {
            address[] memory managers = new address[](1);
            managers[0] = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
            vault = _newVault(managers);
            (bool created, bytes memory answer) = _newManager(bad[i]);
            vm.assertFalse(created, "created");
            bytes4 why = ILeaseManager.SubmitSecondsOutOfRange.selector;
            bytes memory expected = abi.encodeWithSelector(why, bad[i], 1, 30 days);
            vm.assertEq(keccak256(answer), keccak256(expected), "why");
        }
    }

    function test_ContractsKnowEachOther() external view {
        vm.assertEq(address(manager.vault()), address(vault), "vault");
        vm.assertEq(address(manager.registry()), address(registry), "registry");
        vm.assertEq(manager.submitSeconds(), SUBMIT, "submitSeconds");
        vm.assertTrue(vault.isManager(address(manager)), "manager");
    }
}
