// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVault} from "../../../src/interfaces/IVault.sol";
import {VaultFixture} from "./VaultFixture.sol";

contract AllowTokenTest is VaultFixture {
    function test_RevertWhen_CallerIsNotGovernor() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.NotGovernor.selector, alice));
        vm.prank(alice);
        vault.allowToken(address(0x70));
    }

    function test_RevertWhen_AllowedAlready() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.TokenAlreadyAllowed.selector, address(token)));
        vm.prank(governor);
        vault.allowToken(address(token));
    }

    function test_Allows() external {
        vm.assertFalse(vault.isAllowed(address(0x70)), "before");
        vm.expectEmit(address(vault));
        emit IVault.TokenAllowed(address(0x70));
        _allow(address(0x70));
        vm.assertTrue(vault.isAllowed(address(0x70)), "after");
    }

    function test_Constructor_NamesGovernorAndManagers() external view {
        vm.assertEq(vault.governor(), governor, "governor");
        vm.assertEq(vault.permit2(), address(permit2), "permit2");
        vm.assertTrue(vault.isManager(manager), "manager");
        vm.assertTrue(vault.isManager(other), "other");
        vm.assertFalse(vault.isManager(governor), "the governor moves no money");
    }
}
